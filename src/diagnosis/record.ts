/** Explains a failed trace from records alone: no oracle, no snapshot, no environment. */
import type { Diagnosis, Environment, Harness, Plan, Task, Trace } from '../types.ts';
import { type Attempt, attemptKey, attemptsOf, quote } from './attempts.ts';
import { causeOf } from './cause.ts';
import { claimWithoutEffect, handsOver } from './claims.ts';
import { diagnose } from './diagnose.ts';
import { CLASS_OF_PATTERN, type PatternMatch } from './patterns.ts';
import { openAttempts } from './responsible.ts';

export interface RecordContext {
  readonly task: Task<'train'>;
  /** Tools alone: it is never played. */
  readonly environment: Environment;
  readonly harness: Harness;
  /** Passing traces of the same task. */
  readonly siblings: readonly Trace[];
  /** Step of the call that meets what separates failing from passing traces; null for none. */
  readonly suspect: number | null;
}

type Found = PatternMatch & { readonly step: number };

/**
 * Null for a passed trace. In this order: a lost reply, what a passing run of the same task did
 * otherwise, an error that was never resolved, a call that passing traces do not make, a claim
 * without effect, a hand-over, the last write.
 */
export async function diagnoseRecord(trace: Trace<'train'>, context: RecordContext): Promise<Diagnosis | null> {
  const { task, environment, harness, siblings } = context;
  const plan = planOf(siblings);
  const read = await diagnose(trace, {
    task,
    harness,
    environment: plan === null ? environment : { ...environment, oracle: () => plan },
  });
  if (read === null) return null;
  const claim = claimWithoutEffect(trace, environment.tools);
  const found = refined(trace, read, plan, context, claim);
  const { step, pattern, tool, argument, evidence, confidence } = found ?? read;
  const match: PatternMatch = {
    pattern: pattern as PatternMatch['pattern'],
    ...(tool === undefined ? {} : { tool }),
    ...(argument === undefined ? {} : { argument }),
    evidence,
    confidence,
  };
  return {
    trace: trace.id,
    task: trace.task,
    step,
    failure: CLASS_OF_PATTERN[match.pattern],
    ...causeOf(match, trace, step, harness, plan ?? undefined),
    ...match,
    completionWithoutEffect: claim >= 0,
  };
}

/** A passing run is a plan: its successful calls; the plainest has the fewest writes. */
function planOf(siblings: readonly Trace[]): Plan | null {
  const plans = siblings.map((sibling) => attemptsOf(sibling).filter(({ outcome }) => outcome === 'ok'));
  const writes = (attempts: readonly Attempt[]) => attempts.filter(({ readOnly }) => !readOnly).length;
  const [best] = plans.sort((a, b) => writes(a) - writes(b) || a.length - b.length);
  return best === undefined ? null : { calls: best.map(({ call }) => call), summary: '' };
}

/** What the rules for whole environments do not see; null where their finding stands. */
function refined(
  trace: Trace,
  read: Diagnosis,
  plan: Plan | null,
  { environment, suspect }: RecordContext,
  claim: number,
): Found | null {
  if (read.failure === 'lost_reply') return null;
  const attempts = attemptsOf(trace);
  const writes = attempts.filter(({ outcome, readOnly }) => outcome === 'ok' && !readOnly);
  const extra = plan === null ? undefined : extraWrite(writes, plan, environment);
  const known =
    read.pattern !== 'gave_up' &&
    read.pattern !== 'reasoning' &&
    read.pattern !== 'partial' &&
    read.pattern !== 'text_call';
  if (extra !== undefined && !known) return { ...of(extra), pattern: 'unasked_write', confidence: 0.75 };
  if (known) return null;
  const last = trace.steps.length - 1;
  const open = openAttempts(attempts).find(({ readOnly }) => !readOnly);
  if (open !== undefined && read.pattern === 'reasoning') return { ...of(open), pattern: 'reasoning', confidence: 0.5 };
  if (suspect !== null) {
    const attempt = attempts.find(({ step }) => step === suspect);
    if (attempt !== undefined) return { ...of(attempt), pattern: 'wrong_state', confidence: 0.5 };
  }
  if (claim >= 0) {
    const said = trace.steps[claim];
    const evidence = quote(said?.kind === 'model' ? said.content : '');
    return { pattern: 'claim', step: claim, evidence, confidence: 0.7, ...toolOf(read) };
  }
  const handed = attempts.find(({ call }) => handsOver(call.name, environment.vocabulary?.handOver));
  if (handed !== undefined) return { ...of(handed), pattern: 'gave_up', confidence: 0.5 };
  const write = writes.at(-1);
  if (write !== undefined) return { ...of(write), pattern: 'reasoning', confidence: 0.3 };
  return { pattern: 'gave_up', step: last, evidence: read.evidence, confidence: 0.4, ...toolOf(read) };
}

const of = ({ step, call }: Attempt) => ({
  step,
  tool: call.name,
  evidence: quote(`${call.name}(${JSON.stringify(call.arguments)})`),
});
const toolOf = ({ tool }: Diagnosis): { tool?: string } => (tool === undefined ? {} : { tool });

/** The first write that the passing run did not make. */
function extraWrite(writes: readonly Attempt[], plan: Plan, { tools }: Environment): Attempt | undefined {
  const readOnly = new Set(tools.flatMap((tool) => (tool.readOnly ? [tool.name] : [])));
  const wanted = plan.calls.filter(({ name }) => !readOnly.has(name));
  const keys = new Set(wanted.map(attemptKey));
  const names = new Set(wanted.map(({ name }) => name));
  return (
    writes.find(({ call }) => !names.has(call.name)) ??
    (writes.length > wanted.length ? writes.find(({ call }) => !keys.has(attemptKey(call))) : undefined)
  );
}
