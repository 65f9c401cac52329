/** What is removed from a trace at the door: secrets, and values that name a person. */
import { isObject, jsonOf } from '../digest.ts';
import { type Redact, redacted } from '../secrets.ts';
import type { Json } from '../types.ts';
import type { StoredTrace } from './stored.ts';

/** Credentials by the forms that their makers give them. */
const TOKENS = [
  /\b(?:sk|rk|pk)-[A-Za-z0-9_-]{20,}/g,
  /\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}/g,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{35}\b/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,10000}?-----END [A-Z ]*PRIVATE KEY-----/g,
  /(?<=\bBearer\s)[A-Za-z0-9._~+/-]{16,}=*/g,
];

/** Bounded on both sides, so that a long text without one costs no more than its length. */
const EMAIL = /[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}/gu;
/** A phone number with its country. */
const PHONE = /(?<![\w+])\+\d{1,3}[ ().-]?(?:\d[ ().-]?){7,12}(?![\w])/g;
const CARD = /(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])/g;

/** Members whose values are personal, by the patterns of a vocabulary; null for no pattern. */
export const personalFields = (patterns: readonly string[]): RegExp | null =>
  patterns.length === 0 ? null : new RegExp(`(?:^|_)(?:${patterns.join('|')})(?:_|$)`, 'i');

/** What is known of an environment when its traces come in. */
export interface Door {
  /** Secrets of this process. */
  readonly secrets: Redact | null;
  /** `vocabulary.personalFields` of the environment; null where it is not known. */
  readonly personal: RegExp | null;
}

/**
 * The trace without secrets, addresses, phone and card numbers, and without values of personal
 * fields wherever they stand in it. Equal values get the same name within a trace, in no other.
 */
export function atTheDoor(trace: StoredTrace, { secrets, personal }: Door): StoredTrace {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const nameFor = (kind: string, value: string): string => {
    const key = value.toLowerCase();
    const known = names.get(key);
    if (known !== undefined) return known;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    names.set(key, `[${kind} ${count}]`);
    return `[${kind} ${count}]`;
  };
  const values = personal === null ? new Map<string, string>() : personalValues(trace, personal);
  // Longest first: a whole name before its parts.
  const ordered = [...values.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const anyValue =
    ordered.length === 0
      ? null
      : new RegExp(`(?<![\\p{L}\\p{N}_])(?:${ordered.map(escaped).join('|')})(?![\\p{L}\\p{N}_])`, 'giu');
  const redact = (given: string): string => {
    let text = secrets === null ? given : secrets(given);
    for (const token of TOKENS) text = text.replace(token, '[secret]');
    if (text.includes('@')) text = text.replace(EMAIL, (found) => nameFor('email', found));
    text = text.replace(CARD, (found) => (isCard(found) ? nameFor('card', found.replace(/\D/g, '')) : found));
    text = text.replace(PHONE, (found) => nameFor('phone', found.replace(/\D/g, '')));
    if (anyValue !== null)
      text = text.replace(anyValue, (found) => nameFor(values.get(found.toLowerCase()) ?? 'value', found));
    return text;
  };
  const { task, agent, model, harness, outcome, prompt, steps } = trace;
  return {
    ...trace,
    task: task === null ? null : redact(task),
    agent: redact(agent),
    model: redact(model),
    harness: harness === null ? null : redact(harness),
    outcome: outcome.label === undefined ? outcome : { ...outcome, label: redact(outcome.label) },
    prompt: redacted(prompt, redact),
    steps: redacted(withTextNumbers(steps, personal), redact),
  };
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** 13 to 19 digits of a card's maker with a right check digit (Luhn). */
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  if (!/^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12})$/.test(digits))
    return false;
  const sum = [...digits].reverse().reduce((all, digit, at) => {
    const value = at % 2 === 1 ? Number(digit) * 2 : Number(digit);
    return all + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** Values of personal members in arguments and results, in lower case, with their member's name. */
function personalValues({ steps }: StoredTrace, personal: RegExp): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const collect = (value: Json, field: string | null): void => {
    if (typeof value === 'string' || typeof value === 'number') {
      const text = String(value).trim();
      if (field !== null && text.length >= 2) found.set(text.toLowerCase(), field);
    } else if (Array.isArray(value)) for (const one of value) collect(one as Json, field);
    else if (isObject(value))
      for (const [key, one] of Object.entries(value)) collect(one, field ?? (personal.test(key) ? key : null));
  };
  for (const step of steps) {
    if (step.kind === 'call') collect(step.call.arguments, null);
    const text = step.kind === 'result' || step.kind === 'read' ? step.content : null;
    if (text === null || !/^\s*[{[]/.test(text)) continue;
    try {
      collect(jsonOf(text), null);
    } catch {
      // A text that is no JSON has no members.
    }
  }
  return found;
}

/** Numbers of personal members become texts, so that they can be replaced. */
function withTextNumbers<T>(value: T, personal: RegExp | null, own = false): T {
  if (personal === null) return value;
  if (typeof value === 'number' && own) return String(value) as T;
  if (Array.isArray(value)) return value.map((one) => withTextNumbers(one, personal, own)) as T;
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    withTextNumbers(one, personal, own || personal.test(key)),
  ]);
  return Object.fromEntries(entries) as T;
}
