/** Values of people and records in traces, which no mined text may hold. */
import { isObject } from '../../digest.ts';
import { parseResult } from '../../runtime/results.ts';
import { atTheDoor, personalFields } from '../../traces/redact.ts';
import type { Environment, Json, Trace, Vocabulary } from '../../types.ts';
import { wordsIn } from '../../words.ts';
import type { LeakIndex } from '../checks/leak-index.ts';
import { PERSONAL } from '../checks/leak-index.ts';
import { freeWords } from '../checks/text-of.ts';

/** Share of traces above which a value without digits names a kind, not a person or record. */
const SHARED = 0.05;

/** Members of records, arguments, and what looks like an address or a number in any text. */
export function privateValues(environment: Environment, traces: readonly Trace[], policy: string): LeakIndex {
  const free = freeWords(environment.tools, policy);
  const fields = personalPattern(environment.vocabulary);
  const found = new Map<string, Set<number>>();
  const personal = new Set<string>();
  /** Capitals as names have them, or digits as ids have them. */
  const named = new Set<string>();
  const add = (text: string, trace: number, isPersonal: boolean): void => {
    const words = wordsIn(text);
    if (words.length === 0 || words.length > 12) return;
    const phrase = words.join(' ');
    if (isPersonal && phrase.length > 2) personal.add(phrase);
    if (/\d/.test(text) || /^(?:\p{Lu}[\p{L}'-]+\s+)+\p{Lu}/u.test(text)) named.add(phrase);
    found.set(phrase, (found.get(phrase) ?? new Set()).add(trace));
  };
  for (const [at, trace] of traces.entries()) {
    const take = (text: string, isPersonal: boolean): void => add(text, at, isPersonal);
    for (const step of trace.steps) {
      if (step.kind === 'call') everyValue(step.call.arguments, '', fields, take);
      else if (step.kind === 'result' || step.kind === 'read') everyValue(parseResult(step.content), '', fields, take);
    }
  }
  const many = Math.max(3, traces.length * SHARED);
  const isKind = (phrase: string, by: ReadonlySet<number>): boolean => {
    if (personal.has(phrase)) return false;
    if (isFree(phrase, free.words)) return true;
    return !/\d{3}/.test(phrase) && (by.size >= many || !named.has(phrase));
  };
  const phrases = new Set([...found].flatMap(([phrase, by]) => (isKind(phrase, by) ? [] : [phrase])));
  return {
    phrases,
    starts: new Set([...phrases].map((phrase) => phrase.split(' ')[0] ?? '')),
    longest: [...phrases].reduce((most, phrase) => Math.max(most, phrase.split(' ').length), 1),
    free,
    // An address or a card number is one wherever it stands.
    redact: (text) => withoutAddresses(text),
  };
}

export const personalPattern = (vocabulary?: Vocabulary): RegExp =>
  personalFields([...PERSONAL, ...(vocabulary?.personalFields ?? [])]) ?? /$^/;

const isFree = (phrase: string, words: ReadonlySet<string>): boolean =>
  phrase.split(' ').every((word) => words.has(word));

function everyValue(
  value: Json,
  key: string,
  personal: RegExp,
  add: (text: string, isPersonal: boolean) => void,
): void {
  if (typeof value === 'string' || typeof value === 'number') {
    // Long texts are prose; the copies of prose are what the taint check looks for.
    if (String(value).length <= 80) add(String(value), personal.test(key));
  } else if (Array.isArray(value)) for (const one of value) everyValue(one as Json, key, personal, add);
  else if (isObject(value))
    for (const [name, one] of Object.entries(value)) {
      if (/\d/.test(name)) add(name, false);
      everyValue(one, personal.test(key) ? key : name, personal, add);
    }
}

const EMPTY = { reward: null, by: null } as const;
function withoutAddresses(text: string): string {
  const prompt = { system: '', user: text, tools: [] };
  const usage = { calls: null, inputTokens: null, outputTokens: null, cachedTokens: null, costUsd: null };
  const about = { task: null, time: null, agent: '', model: '', harness: null, outcome: EMPTY, steps: [], usage };
  return atTheDoor(
    { v: 1, id: '', env: '', source: 'openai', split: 'train', prompt, ...about },
    { secrets: null, personal: null },
  ).prompt.user;
}
