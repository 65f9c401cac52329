/** Reads the standing text of a request (system, tools, skills) once and says how strongly it speaks for or against a fault. */
import type { ChatMessage, ChatRequest, Tool } from '../../types.ts';
import { type Advice, adviceOf, analyse } from './advice.ts';
import type { Fault, Locus, Profile } from './profiles.ts';
import { argumentNouns, sentencesOf, type ToolIndex, unwrapped } from './sentence.ts';

/** A piece of advice and where it stands. */
interface Placed {
  readonly advice: Advice;
  readonly locus: Locus;
  /** Words between the sentence and the end of the system text; 0 elsewhere. */
  readonly distance: number;
}

/** What a question is about. */
export interface Topic {
  readonly tool?: string;
  readonly argument?: string;
  /** `partial`: forgetting a wish rather than an item. */
  readonly wishes?: boolean;
}

/** How readily the text is followed, 0-1 each: towards avoiding the fault (`cure`) and towards committing it (`harm`). */
export interface Pull {
  readonly cure: number;
  readonly harm: number;
}

export interface Prompt {
  /** Words of system text, tool descriptions and skills. */
  readonly words: number;
  /** System text and tools as one searchable text. */
  readonly text: string;
  /** True if tools are listed in the system text and calls are written as JSON. */
  readonly textProtocol: boolean;
  pull(fault: Fault, topic: Topic, profile: Profile): Pull;
  /** How strongly the text wants `first` called before `second`, 0-1 each way; nouns tell the two apart. */
  order(first: ReadonlySet<string>, second: ReadonlySet<string>, profile: Profile): Pull;
}

interface Part {
  readonly placed: readonly Placed[];
  readonly words: number;
  readonly text: string;
}

/** Faults that a procedure cures better than a remark at one tool; the factor on `description` and `schema`. */
const PROCEDURAL: ReadonlySet<Fault> = new Set(['partial', 'wrong_order', 'missing_report']);
const REMARK = 0.35;

const CAPACITY = 256;
/** A small map that forgets its oldest entry. */
function remembered<V>(cache: Map<string, V>, key: string, make: () => V): V {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = make();
  if (cache.size >= CAPACITY) cache.delete(cache.keys().next().value as string);
  cache.set(key, value);
  return value;
}

export const wordCount = (text: string): number => text.match(/\S+/g)?.length ?? 0;

const toolParts = new WeakMap<readonly Tool[], Part>();
const toolTexts = new Map<string, Part>();

/** By identity first; equal tools in another list are recognised by their text. */
function readTools(tools: readonly Tool[], index: ToolIndex): Part {
  const known = toolParts.get(tools);
  if (known) return known;
  const text = tools.map((tool) => `${tool.name} ${tool.description} ${JSON.stringify(tool.parameters)}`).join('\n');
  const part = remembered(toolTexts, text, () => analyseTools(tools, index, text));
  toolParts.set(tools, part);
  return part;
}

function analyseTools(tools: readonly Tool[], index: ToolIndex, text: string): Part {
  const placed: Placed[] = [];
  let words = 0;
  for (const tool of tools) {
    words += wordCount(tool.description);
    for (const advice of analyse(tool.description, index, tool.name))
      placed.push({ advice, locus: 'description', distance: 0 });
    const properties = tool.parameters.properties;
    if (typeof properties !== 'object' || properties === null) continue;
    for (const [argument, schema] of Object.entries(properties)) {
      const text = (schema as { readonly description?: unknown }).description;
      if (typeof text !== 'string') continue;
      words += wordCount(text);
      for (const advice of analyse(`${argument}: ${text}`, index, tool.name))
        if (advice.fault !== 'wrong_name') placed.push({ advice, locus: 'schema', distance: 0 });
    }
  }
  return { placed, words, text };
}

/** Lines of the system text that begin with a tool's name belong to that tool, as do indented lines below them. */
function readSystem(text: string, index: ToolIndex, listsTools: boolean): Part {
  const found: { advice: Advice; own: boolean; before: number }[] = [];
  // Tool lines do not push the rules above them out of sight.
  let before = 0;
  let own: string | undefined;
  for (const line of unwrapped(text).split('\n')) {
    const start = /^\s*(?:[-*#]+\s*)?[`"*]*([A-Za-z_]\w*)/.exec(line);
    const name = start?.[1];
    if (listsTools && name !== undefined && index.has(name)) own = name;
    else if (!/^\s+\S/.test(line)) own = undefined;
    for (const sentence of sentencesOf(line, index, own))
      for (const advice of adviceOf(sentence, index)) found.push({ advice, own: own !== undefined, before });
    if (own === undefined) before += wordCount(line);
  }
  const placed = found.map(
    (item): Placed => ({
      advice: item.advice,
      locus: item.own ? 'description' : 'system',
      distance: before - item.before,
    }),
  );
  return { placed, words: wordCount(text), text };
}

const systems = new Map<string, Part>();
const skills = new Map<string, Part>();
const prompts = new WeakMap<Part, WeakMap<Part, WeakMap<Part, Prompt>>>();
const NOTHING: Part = { placed: [], words: 0, text: '' };

const content = (messages: readonly ChatMessage[], role: 'system' | 'user'): string =>
  messages.find((message) => message.role === role)?.content ?? '';

/**
 * The standing text of an episode. `ticket` is the task's request, which asks for things but advises nothing; what else the first user message
 * holds (skills) is read as advice. `index` knows the environment's tools by name, for the text protocol.
 */
export function readPrompt(request: ChatRequest, ticket: string, index: ToolIndex): Prompt {
  const textProtocol = request.tools.length === 0;
  const systemText = content(request.messages, 'system');
  const system = remembered(systems, `${textProtocol ? 't' : 'n'}${[...index.keys()].join()}\n${systemText}`, () =>
    readSystem(systemText, index, textProtocol),
  );
  const userText = content(request.messages, 'user');
  const skillText = userText.replace(ticket, '').trim();
  const skill =
    skillText === ''
      ? NOTHING
      : remembered(skills, `${[...index.keys()].join()}\n${skillText}`, () => ({
          placed: analyse(skillText, index).map((advice): Placed => ({ advice, locus: 'skill', distance: 0 })),
          words: wordCount(skillText),
          text: skillText,
        }));
  const tools = textProtocol ? NOTHING : readTools(request.tools, index);
  const bySkill = prompts.get(system) ?? new WeakMap<Part, WeakMap<Part, Prompt>>();
  prompts.set(system, bySkill);
  const byTools = bySkill.get(skill) ?? new WeakMap<Part, Prompt>();
  bySkill.set(skill, byTools);
  const known = byTools.get(tools);
  if (known) return known;
  const prompt = combine([system, skill, tools], textProtocol);
  byTools.set(tools, prompt);
  return prompt;
}

function combine(parts: readonly Part[], textProtocol: boolean): Prompt {
  const byFault = new Map<Fault, Placed[]>();
  for (const placed of parts.flatMap((part) => part.placed)) {
    const list = byFault.get(placed.advice.fault) ?? [];
    list.push(placed);
    byFault.set(placed.advice.fault, list);
  }
  return {
    words: parts.reduce((sum, part) => sum + part.words, 0),
    text: parts.map((part) => part.text).join('\n'),
    textProtocol,
    pull: (fault, topic, profile) => {
      let cure = 0;
      let harm = 0;
      for (const placed of byFault.get(fault) ?? []) {
        if (!concerns(placed.advice, topic)) continue;
        const weight = weightOf(placed, profile);
        if (placed.advice.polarity === 1) cure = withAnother(cure, weight);
        else harm = withAnother(harm, weight);
      }
      return { cure, harm };
    },
    order: (first, second, profile) => {
      let cure = 0;
      let harm = 0;
      for (const placed of byFault.get('wrong_order') ?? []) {
        const { earlier = '', later = '' } = placed.advice;
        const weight = weightOf(placed, profile);
        if (covers(earlier, later, first) && covers(later, earlier, second)) cure = withAnother(cure, weight);
        else if (covers(earlier, later, second) && covers(later, earlier, first)) harm = withAnother(harm, weight);
      }
      return { cure, harm };
    },
  };
}

/** A second sentence adds half of what it could: repeating helps, but less than saying it once. */
const withAnother = (pull: number, weight: number): number => {
  const [more, less] = pull > weight ? [pull, weight] : [weight, pull];
  return more + (1 - more) * less * 0.5;
};

/** True if the side names one of the nouns; '*' names what the other side does not. */
function covers(side: string, other: string, nouns: ReadonlySet<string>): boolean {
  const says = (text: string): boolean => {
    const plain = text.replace(/_/g, ' ');
    return [...nouns].some((noun) => new RegExp(`\\b${noun}(?:s|es)?\\b`).test(plain));
  };
  return side === '*' ? !says(other) : says(side);
}

function weightOf({ advice, locus, distance }: Placed, profile: Profile): number {
  const base = profile.compliance[locus];
  if (locus === 'system') return distance > profile.attention.words ? base * profile.attention.beyond : base;
  const remark = locus === 'description' || locus === 'schema';
  return remark && PROCEDURAL.has(advice.fault) ? base * REMARK : base;
}

/** True if the advice is about the tool and the argument in question. */
export function concerns(advice: Advice, topic: Topic): boolean {
  if ((advice.wishes ?? false) !== (topic.wishes ?? false)) return false;
  if (advice.tools !== null && topic.tool !== undefined && !advice.tools.has(topic.tool)) return false;
  if (topic.argument === undefined) return true;
  if (advice.argument !== undefined) return advice.argument === topic.argument;
  const { nouns } = advice;
  return nouns === null || argumentNouns(topic.argument).some((noun) => nouns.has(noun));
}
