/** Rules about a successful write after which the goal was out of reach. */
import { canonicalJson } from '../../digest.ts';
import type { Environment, Json, Task, ToolCall, Trace } from '../../types.ts';
import { type Attempt, attemptKey, leaves, quote, visibleBefore } from '../attempts.ts';
import type { PatternMatch } from '../patterns.ts';
import { argumentFault, intended, looksLikeId } from './arguments.ts';

/** Names the fault of a write; `wanted` are all plan writes in order. */
export function wrongWrite(
  trace: Trace,
  attempt: Attempt,
  wanted: readonly ToolCall[],
  environment: Environment,
  task: Task,
): PatternMatch {
  const { call } = attempt;
  const evidence = quote(`${call.name}(${JSON.stringify(call.arguments)})`);
  const base = { tool: call.name, evidence };
  if (wanted.some((c) => attemptKey(c) === attemptKey(call)))
    return { ...base, pattern: 'wrong_order', confidence: 0.85 };
  const sameTool = wanted.filter((c) => c.name === call.name);
  const goal = intended(call, sameTool);
  if (!goal || !sharesValue(call, goal)) {
    // An id that occurs nowhere is invented, even when no plan call uses this tool.
    const invented = sameTool.length > 0 ? argumentFault(trace, attempt, goal, environment, task) : null;
    return invented ?? { ...base, pattern: 'unasked_write', confidence: sameTool.length > 0 ? 0.6 : 0.85 };
  }
  const seen = visibleBefore(trace, attempt.step);
  for (const [argument, right] of Object.entries(goal.arguments)) {
    const given = call.arguments[argument];
    if (given === undefined || canonicalJson(given) === canonicalJson(right)) continue;
    if (isPart(given, right)) return { ...base, pattern: 'partial', argument, confidence: 0.9 };
    const strange = leaves(given).some((w) => looksLikeId(w) && !leaves(right).includes(w) && !seen.includes(w));
    return { ...base, pattern: strange ? 'invented_id' : 'wrong_value', argument, confidence: strange ? 0.8 : 0.75 };
  }
  return { ...base, pattern: 'reasoning', confidence: 0.4 };
}

/** True for a list with some, but not all, of the wanted elements and no others. */
function isPart(given: Json, right: Json): boolean {
  if (!Array.isArray(given) || !Array.isArray(right) || given.length >= right.length) return false;
  const all = right.map((v) => canonicalJson(v));
  return given.every((v) => all.includes(canonicalJson(v)));
}

/** True if an id-like argument agrees, or if neither call has one. */
function sharesValue(call: ToolCall, goal: ToolCall): boolean {
  const ids = Object.entries(goal.arguments).filter(([, v]) => typeof v === 'string' && looksLikeId(v));
  return ids.length === 0 || ids.some(([name, v]) => call.arguments[name] === v);
}
