/** A trace as a list of attempted calls: what was tried, its result, and what was visible. */
import { canonicalJson, isObject } from '../digest.ts';
import type { Json, Step, ToolCall, Trace } from '../types.ts';

/** One call that the agent tried. */
export interface Attempt {
  /** Index of the `call` or `block` step. */
  readonly step: number;
  readonly callId: string;
  readonly call: ToolCall;
  readonly readOnly: boolean;
  readonly outcome: 'ok' | 'error' | 'blocked';
  /** The answer that the agent read. */
  readonly content: string;
  /** Id of the clause, format or switch that blocked it. */
  readonly by?: string;
}

/** A key that is equal for equal calls. */
export const attemptKey = (call: ToolCall): string => canonicalJson([call.name, call.arguments]);

/** All attempts in order, without `done`. A call without an answer counts as an error. */
export function attemptsOf(trace: Trace): Attempt[] {
  const results = new Map<string, Extract<Step, { kind: 'result' }>>();
  for (const step of trace.steps) if (step.kind === 'result') results.set(step.callId, step);
  const out: Attempt[] = [];
  trace.steps.forEach((step, index) => {
    if (step.kind === 'block') {
      if (step.call.name === 'done') return;
      const { callId, call, by, message } = step;
      out.push({ step: index, callId, call, readOnly: false, outcome: 'blocked', content: message, by });
    } else if (step.kind === 'call' && step.call.name !== 'done') {
      const result = results.get(step.callId);
      const outcome = result && !result.error ? 'ok' : 'error';
      out.push({ ...callOf(step), step: index, outcome, content: result?.content ?? '' });
    }
  });
  return out;
}

const callOf = (step: Extract<Step, { kind: 'call' }>) => ({
  callId: step.callId,
  call: step.call,
  readOnly: step.readOnly,
});

/** Text that the agent had read before a step: request, results and messages. */
export function visibleBefore(trace: Trace, step: number): string {
  const parts = [trace.prompt.user];
  for (const s of trace.steps.slice(0, step)) {
    if (s.kind === 'result') parts.push(s.content);
    else if (s.kind === 'block') parts.push(s.message);
    else if (s.kind === 'note' || s.kind === 'monitor' || s.kind === 'user') parts.push(s.text);
  }
  return parts.join('\n');
}

/** The end step, or undefined for a void trace. */
export function endOf(trace: Trace): Extract<Step, { kind: 'end' }> | undefined {
  const last = trace.steps.findLast((s) => s.kind === 'end');
  return last?.kind === 'end' ? last : undefined;
}

/** Every string and number inside a value, as text. */
export function leaves(value: Json): string[] {
  if (value === null || typeof value === 'boolean') return [];
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return (Array.isArray(value) ? value : Object.values(isObject(value) ? value : {})).flatMap((v) => leaves(v as Json));
}

/** At most `limit` characters, on one line, control characters removed. */
export function quote(text: string, limit = 160): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
  const flat = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return flat.length > limit ? `${flat.slice(0, limit - 1)}…` : flat;
}
