/** What still fails in a run: diagnoses, most frequent first, with their tasks. */
import { clusterDiagnoses } from '../diagnosis/clusters.ts';
import { diagnoseAll } from '../night/learn.ts';
import type { Environment, Harness, Task, Trace } from '../types.ts';
import { say, sayJson } from './output.ts';

interface Played {
  readonly environment: Environment;
  readonly harness: Harness;
  readonly tasks: readonly Task[];
}

/** A diagnosis expects a train task; here a person asks, and nothing is learned. */
export async function tellFailures(
  traces: readonly Trace[],
  { environment, harness, tasks }: Played,
  json: boolean,
): Promise<void> {
  const own = tasks as readonly Task<'train'>[];
  const diagnoses = await diagnoseAll(traces as readonly Trace<'train'>[], own, { environment, harness });
  const taskOf = new Map(traces.map(({ id, task }) => [id, task]));
  for (const { pattern, tool, argument, count, causes, traces: ids, evidence } of clusterDiagnoses([
    ...diagnoses.values(),
  ])) {
    const failed = ids.map((id) => taskOf.get(id) ?? '');
    if (json) sayJson({ type: 'failure', pattern, tool, argument, count, causes, tasks: failed, evidence });
    else {
      const where = [tool, argument].filter((part) => part !== undefined).join(' ');
      const why = Object.entries(causes).map(([cause, times]) => `${cause} ${times}`);
      say(
        `  ${count} x ${pattern}${where ? ` at ${where}` : ''} (${why.join(', ')}): ${failed.slice(0, 5).join(', ')}`,
      );
      if (evidence[0]) say(`      e.g. ${evidence[0].replace(/\s+/g, ' ').slice(0, 160)}`);
    }
  }
}
