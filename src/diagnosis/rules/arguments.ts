/** Rules about the arguments of one failed or wrong call: names, types, prefixes, ids. */
import { canonicalJson, isObject } from '../../digest.ts';
import type { Environment, Json, Task, ToolCall, Trace } from '../../types.ts';
import { type Attempt, leaves, quote, visibleBefore } from '../attempts.ts';
import type { PatternMatch } from '../patterns.ts';

/** Letters and digits, lower case. */
const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '');

/** The plan write that a call most likely meant: same tool first, then most equal arguments. */
export function intended(call: ToolCall, wanted: readonly ToolCall[]): ToolCall | undefined {
  let best: { call: ToolCall; points: number } | undefined;
  for (const candidate of wanted) {
    let points = candidate.name === call.name ? 2 : 0;
    for (const [name, value] of Object.entries(candidate.arguments)) {
      const given = call.arguments[name];
      if (given !== undefined && same(given, value)) points += 1;
      else if (typeof given === 'string' && typeof value === 'string' && plain(given) === plain(value)) points += 0.5;
    }
    if (points > 0 && (!best || points > best.points)) best = { call: candidate, points };
  }
  return best?.call;
}

const same = (a: Json, b: Json): boolean => canonicalJson(a) === canonicalJson(b);

/** True for text that looks like an id: a digit, no white space, four characters or more. */
export const looksLikeId = (text: string): boolean => /[0-9]/.test(text) && !/\s/.test(text) && text.length >= 4;

/** The fault in a call's arguments, or null. `goal` is the plan's call, when known. */
export function argumentFault(
  trace: Trace,
  attempt: Attempt,
  goal: ToolCall | undefined,
  environment: Environment,
  task: Task,
): PatternMatch | null {
  const tool = environment.tools.find((t) => t.name === attempt.call.name);
  const name = attempt.call.name;
  if (!tool) return { pattern: 'wrong_name', tool: name, evidence: quote(attempt.content), confidence: 0.95 };
  const properties = isObject(tool.parameters.properties) ? tool.parameters.properties : {};
  for (const argument of Object.keys(attempt.call.arguments))
    if (!(argument in properties))
      return { pattern: 'wrong_name', tool: name, argument, evidence: quote(attempt.content), confidence: 0.95 };
  const seen = visibleBefore(trace, attempt.step);
  const gives = (
    pattern: PatternMatch['pattern'],
    argument: string,
    value: Json,
    confidence: number,
  ): PatternMatch => ({
    pattern,
    tool: name,
    argument,
    evidence: quote(`${argument} = ${JSON.stringify(value)}: ${attempt.content}`),
    confidence,
  });
  for (const [argument, value] of Object.entries(attempt.call.arguments)) {
    const schema = properties[argument];
    const right =
      goal?.name === name || goal?.arguments[argument] !== undefined ? goal?.arguments[argument] : undefined;
    if (right !== undefined && same(value, right)) continue;
    const words = leaves(value);
    if (isObject(schema) && !fits(value, schema.type)) {
      const named = words.some((w) => !looksLikeId(w)) && right !== undefined && leaves(right).every(looksLikeId);
      return named ? gives('name_for_id', argument, value, 0.85) : gives('wrong_type', argument, value, 0.9);
    }
    const targets = right === undefined ? [] : leaves(right);
    for (const word of words) {
      if (targets.includes(word)) continue;
      if (targets.some((t) => lostPrefix(word, t)) || lostPrefixOf(word, task.request))
        return gives('missing_prefix', argument, value, 0.9);
      const wantsId = targets.length > 0 ? targets.every(looksLikeId) : /(^|_)ids?$/.test(argument);
      if (wantsId && !looksLikeId(word)) return gives('name_for_id', argument, value, 0.85);
      if (wantsId && !seen.includes(word)) return gives('invented_id', argument, value, 0.85);
    }
  }
  return null;
}

/** True if `word` is `target` without its leading characters, one of them a symbol. */
const lostPrefix = (word: string, target: string): boolean =>
  word.length >= 3 && target.length > word.length && target.endsWith(word) && /^[^a-z0-9]/i.test(target);

/** As `lostPrefix`, for any token of the request. */
const lostPrefixOf = (word: string, request: string): boolean =>
  looksLikeId(word) && tokens(request).some((t) => lostPrefix(word, t));

const tokens = (text: string): string[] => text.split(/[\s,;:.()"'{}]+/).filter((t) => t.length > 0);

/** True if a JSON value fits a JSON Schema type; every value fits an unknown type. */
export function fits(value: Json, type: Json | undefined): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'string' || type === 'number' || type === 'boolean') return typeof value === type;
  return true;
}
