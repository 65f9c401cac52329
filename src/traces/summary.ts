/** The few facts of a trace that filters ask, so that no filter reads whole traces. */
import type { StoredTrace } from './stored.ts';

export interface SummaryRow {
  readonly id: string;
  /** Day of its file, `yyyy-mm-dd`, in UTC. */
  readonly day: string;
  readonly time: string | null;
  readonly reward: number | null;
  readonly label: string | null;
  readonly model: string;
  readonly agent: string;
  readonly harness: string | null;
  readonly source: StoredTrace['source'];
  readonly task: string | null;
  /** Names of the calls, in order. */
  readonly calls: readonly string[];
  /** Positions in `calls` of those that came to an error. */
  readonly failed: readonly number[];
  readonly steps: number;
}

export function summaryOf(trace: StoredTrace, day: string): SummaryRow {
  const bad = new Set(trace.steps.flatMap((step) => (step.kind === 'result' && step.error ? [step.callId] : [])));
  const calls = trace.steps.flatMap((step) => (step.kind === 'call' ? [step] : []));
  return {
    id: trace.id,
    day,
    time: trace.time,
    reward: trace.outcome.reward,
    label: trace.outcome.label ?? null,
    model: trace.model,
    agent: trace.agent,
    harness: trace.harness,
    source: trace.source,
    task: trace.task,
    calls: calls.map(({ call }) => call.name),
    failed: calls.flatMap(({ callId }, at) => (bad.has(callId) ? [at] : [])),
    steps: trace.steps.length,
  };
}
