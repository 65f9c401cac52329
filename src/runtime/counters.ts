/** Counts what each clause, skill, monitor, format and switch did in a set of traces. */
import type { Step, Trace } from '../types.ts';

export interface InterventionCount {
  /** Steps that it caused: rewrites, fresh reads, blocks, notes, monitor firings. */
  readonly fired: number;
  readonly blocked: number;
  /**
   * Firings followed by success: after a block the same tool's next call, after a rewrite that very
   * call, else the next call of the trace got a result without error.
   */
  readonly followedBySuccess: number;
}

type Intervention = Exclude<Extract<Step, { by: string }>, { kind: 'user' }>;

const isIntervention = (step: Step): step is Intervention =>
  'by' in step && step.kind !== 'user' && !(step.kind === 'read' && step.reused);

function followed(steps: readonly Step[], at: number, step: Intervention): boolean {
  for (let i = at + 1; i < steps.length; i++) {
    const later = steps[i] as Step;
    if (later.kind !== 'call') continue;
    if (step.kind === 'block' && later.call.name !== step.call.name) continue;
    if (step.kind === 'rewrite' && later.callId !== step.callId) return false;
    const result = steps.find((other) => other.kind === 'result' && other.callId === later.callId);
    return result?.kind === 'result' && !result.error;
  }
  return false;
}

/** Keys are the `by` of the steps. */
export function countInterventions(traces: readonly Trace[]): Map<string, InterventionCount> {
  const counts = new Map<string, InterventionCount>();
  for (const { steps } of traces) {
    steps.forEach((step, at) => {
      if (!isIntervention(step)) return;
      const before = counts.get(step.by) ?? { fired: 0, blocked: 0, followedBySuccess: 0 };
      const previous = steps[at - 1];
      // A monitor that refuses `done` leaves two steps; it fired once.
      const same = step.kind === 'block' && previous?.kind === 'monitor' && previous.by === step.by;
      counts.set(step.by, {
        fired: before.fired + (same ? 0 : 1),
        blocked: before.blocked + (step.kind === 'block' ? 1 : 0),
        followedBySuccess: before.followedBySuccess + (!same && followed(steps, at, step) ? 1 : 0),
      });
    });
  }
  return counts;
}
