/**
 * What still fails: diagnoses of the failed rollouts of a run, the most frequent first, with tasks
 * to look at.
 */
import { clusterDiagnoses } from '../diagnosis/clusters.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { printable } from '../report/terminal.ts';
import type { Diagnosis, Environment, Harness, Task, Trace } from '../types.ts';
import { say, sayJson } from './output.ts';

interface Played {
  readonly environment: Environment;
  readonly harness: Harness;
  readonly tasks: readonly Task[];
}

/** A diagnosis treats its task as a train task; here a person asked, and nothing is learnt. */
export async function tellFailures(
  traces: readonly Trace[],
  { environment, harness, tasks }: Played,
  json: boolean,
): Promise<void> {
  const byId = new Map(tasks.map((task) => [task.id, task as Task<'train'>]));
  const diagnoses: Diagnosis[] = [];
  for (const trace of traces) {
    const task = byId.get(trace.task);
    const diagnosis = task && (await diagnose(trace as Trace<'train'>, { task, environment, harness }));
    if (diagnosis) diagnoses.push(diagnosis);
  }
  const taskOf = new Map(traces.map(({ id, task }) => [id, task]));
  for (const { pattern, tool, argument, count, causes, traces: ids, evidence } of clusterDiagnoses(diagnoses)) {
    const failed = ids.map((id) => taskOf.get(id) ?? '');
    if (json) sayJson({ type: 'failure', pattern, tool, argument, count, causes, tasks: failed, evidence });
    else {
      const where = [tool, argument].filter((part) => part !== undefined).join(' ');
      const why = Object.entries(causes).map(([cause, times]) => `${cause} ${times}`);
      say(
        printable(
          `  ${count} x ${pattern}${where ? ` at ${where}` : ''} (${why.join(', ')}): ${failed.slice(0, 5).join(', ')}`,
        ),
      );
      if (evidence[0]) say(printable(`      e.g. ${evidence[0].replace(/\s+/g, ' ').slice(0, 160)}`));
    }
  }
}
