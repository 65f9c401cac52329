/** Splits text into sentences and finds the tools and nouns of each. */
import type { Tool, Vocabulary } from '../../types.ts';
import { FAILURE, type Lexicon, lexiconOf, NEGATION, REMOVAL, singular } from './lexicon.ts';

/** Facts from a tool's name and schema alone. */
export interface ToolFacts {
  readonly name: string;
  readonly readOnly: boolean;
  /** Pattern for the first word of the name and how people say it. */
  readonly verb: RegExp;
  /** State word in the name, e.g. `pending`. */
  readonly state: string | undefined;
  /** Words of the name that distinguish it from others with the same verb. */
  readonly nouns: ReadonlySet<string>;
  readonly arguments: readonly string[];
  readonly required: readonly string[];
  readonly tool: Tool;
}

export interface ToolIndex extends ReadonlyMap<string, ToolFacts> {
  readonly lexicon: Lexicon;
}

export interface Sentence {
  /** Lower case, with synonyms of states replaced. */
  readonly text: string;
  readonly nouns: ReadonlySet<string>;
  /** Tools named, meant by verb or described here; null = all. */
  readonly tools: ReadonlySet<string> | null;
  /** Tools whose exact names occur, in order. */
  readonly named: readonly string[];
  /** The tool that the sentence describes. */
  readonly own: string | undefined;
  /** True if it is a numbered or bulleted line. */
  readonly step: boolean;
}

const PLAIN = new Set(['order', 'details', 'detail', 'id', 'by', 'all', 'to', 'of', 'the']);

const indexes = new WeakMap<readonly Tool[], ToolIndex>();

/** Facts about each tool by name; kept per list. */
export function indexTools(tools: readonly Tool[], vocabulary?: Vocabulary): ToolIndex {
  const lexicon = lexiconOf(vocabulary);
  const known = indexes.get(tools);
  if (known?.lexicon === lexicon) return known;
  const index = new Map<string, ToolFacts>();
  for (const tool of tools) {
    if (tool.name === 'done') continue;
    const words = tool.name.toLowerCase().split(/[_\W]+/);
    const verb = words[0] ?? tool.name;
    const stem = verb.length > 4 && verb.endsWith('e') ? verb.slice(0, -1) : verb;
    const properties = tool.parameters.properties;
    const required = tool.parameters.required;
    const names = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
    index.set(tool.name, {
      name: tool.name,
      readOnly: tool.readOnly,
      verb:
        lexicon.verbs.get(verb) ??
        new RegExp(`\\b${stem.replace(/[^a-z0-9]/g, '')}(?:s|e|ed|es|ing|\\w?ing|\\w?ed)?\\b`),
      state: words.find((word) => lexicon.states.has(word)),
      nouns: new Set(
        words
          .slice(1)
          .map(singular)
          .filter((word) => !PLAIN.has(word) && !lexicon.states.has(word)),
      ),
      arguments: names,
      required: Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : names,
      tool,
    });
  }
  const made = Object.assign(index, { lexicon });
  indexes.set(tools, made);
  return made;
}

/** Joins lines of a wrapped paragraph and removes dots from abbreviations. */
export const unwrapped = (text: string): string =>
  text.replace(/\b(e\.g|i\.e|etc)\./g, '$1').replace(/(?<=[^\n]{70}[^\n.!?:])\n\s*(?=[a-z"'(])/g, ' ');

/** The sentences of a text; `own` is the tool whose description or answer it is. */
export function sentencesOf(text: string, index: ToolIndex, own?: string): Sentence[] {
  const out: Sentence[] = [];
  for (const raw of unwrapped(text).split(/\n+|(?<=[.!?]['")]?)\s+/)) {
    if (raw.length < 6 || !/[a-z]/i.test(raw)) continue;
    let lower = raw.toLowerCase().replace(/[‘’]/g, "'").replace(/[“”]/g, '"');
    for (const [pattern, state] of index.lexicon.statePhrases) lower = lower.replace(pattern, state);
    const nouns = new Set(lower.match(/[a-z_][a-z0-9_]*/g)?.flatMap((word) => [word, singular(word)]));
    const named = [...index.keys()].filter((name) => nouns.has(name.toLowerCase()));
    if (nouns.has('done')) named.push('done');
    out.push({
      text: lower,
      nouns,
      named,
      own,
      tools: scopeOf(lower, nouns, named, index, own),
      step: /^\s*(?:\d+[.)]|[-*])\s/.test(raw),
    });
  }
  return out;
}

function scopeOf(
  text: string,
  nouns: ReadonlySet<string>,
  named: readonly string[],
  index: ToolIndex,
  own: string | undefined,
): ReadonlySet<string> | null {
  const scope = new Set(named.filter((name) => name !== 'done'));
  if (own !== undefined) scope.add(own);
  const general =
    /\b(?:any|every|each|all|a) (?:\w+ )?(?:change|write|action|call|tool|update|writes|changes|calls|tools)\b/.test(
      text,
    );
  const pronoun = /\b(?:chang|touch|alter|us|call|writ)\w* (?:it|them|anything|something)\b/.test(text);
  if (pronoun && own === undefined) return null;
  if (general && own === undefined && scope.size === 0) return null;
  for (const facts of meant(text, nouns, index)) scope.add(facts.name);
  return scope.size > 0 ? scope : null;
}

/** Writing tools that a sentence means by verb, narrowed by distinguishing nouns. */
export function meant(text: string, nouns: ReadonlySet<string>, index: ToolIndex): ToolFacts[] {
  const said = [...index.values()].filter((facts) => !facts.readOnly && facts.verb.test(text));
  const byNoun = said.filter((facts) => [...facts.nouns].some((noun) => nouns.has(noun)));
  const narrowed = (facts: ToolFacts): boolean =>
    byNoun.some((other) => other.verb.source === facts.verb.source) ? byNoun.includes(facts) : true;
  return said.filter(narrowed);
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/**
 * +1 if the text asks for `concept`, -1 if an odd number of negations, removals and failures in its
 * part of the sentence reverses it ("never drop the #" is +1), 0 if it does not occur.
 */
export function polarity(text: string, concept: RegExp): -1 | 0 | 1 {
  if (!concept.test(text)) return 0;
  const part =
    text
      .split(/[,;:()]| but | because | so that | and (?=(?:do not|don't|never)\b)/)
      .find((segment) => concept.test(segment)) ?? text;
  const scope = /\b(?:without|missing|if|unless|lack\w*|bare|until|when)\b/.test(part) ? text : part;
  const failures = count(scope, FAILURE);
  const rest = scope.replace(FAILURE, ' ');
  return (failures + count(rest, NEGATION) + count(rest, REMOVAL)) % 2 === 0 ? 1 : -1;
}

/** True if a negation stands up to three words before a match of `concept`, or right after it. */
export function rejects(text: string, concept: RegExp): boolean {
  const before = new RegExp(
    `(?:${NEGATION.source}|${REMOVAL.source})\\s+(?:[^\\s;,.:]+\\s+){0,3}?(?:["'\`]?)(?:${concept.source})`,
  );
  const behind = new RegExp(
    `(?:${concept.source})["'\`]?\\s+(?:are |is |do |does |will |can |must |should )?(?:not|never|cannot|won't|don't|fail|fails)\\b`,
  );
  return before.test(text) || behind.test(text);
}
