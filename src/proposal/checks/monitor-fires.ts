/** Says whether a monitor would have fired on a recorded trace. */
import { attemptKey, attemptsOf, endOf } from '../../diagnosis/attempts.ts';
import type { Monitor } from '../../harness/schema.ts';
import type { Trace } from '../../types.ts';

/** Ignores `window`: may say yes where the runtime stays silent, never the reverse. */
export function wouldFire(monitor: Monitor, trace: Trace, maxTurns: number): boolean {
  const attempts = attemptsOf(trace);
  const turns = trace.steps.filter((s) => s.kind === 'model');
  switch (monitor.kind) {
    case 'duplicate_call': {
      const counts = new Map<string, number>();
      for (const a of attempts) counts.set(attemptKey(a.call), (counts.get(attemptKey(a.call)) ?? 0) + 1);
      return [...counts.values()].some((n) => n >= monitor.threshold);
    }
    case 'consecutive_failures': {
      let run = 0;
      return attempts.some((a) => {
        run = a.outcome === 'ok' ? 0 : run + 1;
        return run >= monitor.threshold;
      });
    }
    case 'text_only':
      return turns.filter((s) => s.kind === 'model' && s.toolCalls.length === 0).length >= monitor.threshold;
    case 'premature_finish':
      return endOf(trace)?.ending.reason === 'done' && !attempts.some((a) => a.outcome === 'ok' && !a.readOnly);
    case 'budget_left':
      return turns.length >= maxTurns - monitor.threshold;
  }
}
