/** What the model is told: system text, tools, user text; stable text first, the task last. */

import { isObject } from '../digest.ts';
import { itemSchema, memberSchemas, typesOf } from '../harness/argument-paths.ts';
import type { Clause, Skill } from '../harness/schema.ts';
import type { Json, JsonObject, Tool } from '../types.ts';
import { isListArgument, shapeOf } from './shapes.ts';
import type { Retrieved } from './skills.ts';

const HOW_TO_CALL =
  'To call a tool, answer with one JSON object and nothing else:\n' +
  '{"name": "<tool>", "arguments": {"<argument>": <value>}}\n' +
  'One call a message. The next message holds the result.';

/** What an argument's key refers to: item_ids -> 'item', payment_method_id -> 'payment method'. */
export function nounOf(argument: string): string {
  return (
    argument
      .replace(/^.*[.\]](?=\w)|\[\]$/g, '')
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .replace(/_?ids?$/, '')
      .replaceAll('_', ' ')
      .trim() || 'entry'
  );
}

/** The sentence of a `ground`. */
function groundSentence(ground: { argument: string; key: string; keep?: string | undefined }, tool: Tool): string {
  const noun = nounOf(ground.argument);
  const list = ground.argument.includes('[]') || isListArgument(shapeOf(tool), ground.argument);
  const whose = list ? `each ${noun}'s` : `the ${noun}'s`;
  const rest = ground.keep === undefined ? '' : '; options that you leave out stay as they are';
  const entries = list ? `, one entry for each ${noun}` : '';
  return `For ${ground.argument} give ${whose} name and options${entries}; the id is looked up${rest}.`;
}

/** The sentences told beside a tool, in clause order, without repeats. */
function sentencesFor(tool: Tool, clauses: readonly Clause[]): readonly string[] {
  const sentences = new Set<string>();
  const { paths } = shapeOf(tool);
  for (const clause of clauses) {
    if (clause.tell === 'off' || !clause.tools.includes(tool.name)) continue;
    if (clause.say !== undefined && clause.tell === 'description') sentences.add(clause.say.trim());
    for (const step of clause.prepare) {
      if ('ground' in step && paths.has(step.ground.argument)) sentences.add(groundSentence(step.ground, tool));
    }
  }
  return [...sentences];
}

/** The tools with their clauses' sentences; a tool without sentences stays the same object. */
export function describeTools(tools: readonly Tool[], clauses: readonly Clause[]): readonly Tool[] {
  return tools.map((tool) => {
    const sentences = sentencesFor(tool, clauses);
    return sentences.length === 0 ? tool : { ...tool, description: `${tool.description}\n${sentences.join('\n')}` };
  });
}

/** Deeper members of a schema are told as `any`: one that refers to itself never ends. */
const TOLD_DEPTH = 6;
/** Longest list of values that is told. */
const TOLD_VALUES = 30;

/** A schema as one reads a type: `{street: string, floor?: number}`, `"red" | "blue" | null`. */
function typeWords(schema: JsonObject, root: JsonObject, depth = 0): string {
  if (depth > TOLD_DEPTH) return 'any';
  const words = (inner: JsonObject) => typeWords(inner, root, depth + 1);
  if (typeof schema.$ref === 'string') return words(refersTo(schema.$ref, root));
  const values = schema.const === undefined ? schema.enum : [schema.const];
  if (Array.isArray(values) && values.length <= TOLD_VALUES)
    return values.map((value: Json) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return [...new Set(choices.filter(isObject).map(words))].join(' | ');
  const types = typesOf(schema);
  if (types.includes('array')) return `list of ${words(itemSchema(schema))}`;
  const members = memberSchemas(schema);
  if (members.length > 0)
    return `{${members.map(([name, inner]) => `${name}${isRequired(schema, name) ? '' : '?'}: ${words(inner)}`).join(', ')}}`;
  if (isObject(schema.additionalProperties)) return `{<key>: ${words(schema.additionalProperties)}}`;
  return types.join(' or ') || 'any';
}

/** The part of `root` that `#/$defs/name` points at; {} for any other reference. */
const refersTo = (reference: string, root: JsonObject): JsonObject =>
  reference
    .replace(/^#\/?/, '')
    .split('/')
    .reduce<JsonObject>((at, key) => {
      const inner = key === '' ? at : at[key];
      return isObject(inner) ? inner : {};
    }, root);

const isRequired = ({ required }: JsonObject, name: string): boolean =>
  Array.isArray(required) && required.includes(name);

/** Types that their name tells whole: a tool with such arguments alone is told in one sentence. */
const PLAIN = ['string', 'list of string'];

/** The first sentence of a description; later sentences cost tokens in every request. */
const firstSentence = (text: string) => /^[\s\S]*?[.!?](?=\s|$)/.exec(text.trim())?.[0] ?? text.trim();

/**
 * A tool as one line; `told` has the sentences of clauses behind the environment's text. If an
 * argument has members, choices or another type than text, all sentences and each argument's
 * description are told as well, because the model could not guess the form.
 */
function toolLine(tool: Tool, told: Tool): string {
  const { parameters } = tool;
  const { properties, paths } = shapeOf(tool);
  const types = new Map([...properties].map(([name, schema]) => [name, typeWords(schema, parameters)]));
  const list = [...types].map(([name, type]) => `${name}${isRequired(parameters, name) ? '' : '?'}: ${type}`);
  const whole = [...types.values()].some((type) => !PLAIN.includes(type));
  const sentences = whole ? tool.description.trim() : firstSentence(tool.description);
  const line = `${sentences}${told.description.slice(tool.description.length)}`.replace(/\s*\n\s*/g, ' ');
  const described = whole
    ? [...paths].flatMap(([path, { description }]) =>
        typeof description === 'string' && description !== '' ? [`\n  ${path}: ${oneLine(description)}`] : [],
      )
    : [];
  return `- ${tool.name}(${list.join(', ')}): ${line}${described.join('')}`;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 300);

export interface SystemParts {
  readonly policy: string;
  /** The runtime's text on how to work; null without a preamble. */
  readonly work: string | null;
  /** Clauses that may be told. */
  readonly clauses: readonly Clause[];
  /** Skills that always show. */
  readonly skills: readonly Skill[];
  /** With protocol text: the tools with and without told sentences; null with native calls. */
  readonly textTools: { readonly bare: readonly Tool[]; readonly told: readonly Tool[] } | null;
}

const skillText = ({ description, body }: Skill): string => `${description}\n${body.trim()}`;

/**
 * The system message: policy, work, told rules, skills that always show, and for protocol text the
 * tools and the form of a call.
 */
export function systemText({ policy, work, clauses, skills, textTools }: SystemParts): string {
  const rules = clauses.filter(({ tell, say }) => tell === 'system' && say !== undefined);
  const parts = [policy.trim(), work ?? ''];
  if (rules.length > 0)
    parts.push(`${work === null ? '' : 'Rules:\n'}${rules.map(({ say }) => `- ${say?.trim()}`).join('\n')}`);
  parts.push(...skills.map(skillText));
  if (textTools !== null) {
    const lines = textTools.told.map((told, i) => toolLine(textTools.bare[i] ?? told, told));
    parts.push(`Tools:\n${lines.join('\n')}`, HOW_TO_CALL);
  }
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The first user message: retrieved skills, then the request; `preamble` gives both headings. */
export function userText(request: string, skills: readonly Retrieved[], preamble: boolean): string {
  if (skills.length === 0) return request;
  const blocks = skills.map(({ skill }) => skillText(skill));
  if (!preamble) return [...blocks, request].join('\n\n');
  return `Procedures that may help:\n\n${blocks.join('\n\n')}\n\nRequest:\n${request}`;
}
