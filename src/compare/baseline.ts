/** Measures what equal rollouts reach without a harness: by sampling, or retries with feedback. */
import { scoreInterval } from '../gate/interval.ts';
import { parseHarness } from '../harness/parse.ts';
import type { ScoreLine } from '../report/events.ts';
import type { Harness, Task, Trace } from '../types.ts';
import { type Advantage, advantageOf } from './advantage.ts';
import type { Stage } from './stage.ts';

/** The best reward per task that the method reached. */
type Best = ReadonlyMap<string, number>;

export interface BaselineRow extends ScoreLine {
  readonly method: string;
  readonly voids: number;
  /** Advantage of the harness over the method; null when no task was played by both. */
  readonly harnessAhead: Advantage | null;
}

export interface BaselineInput {
  readonly stage: Stage;
  /** The stage for samples: a real model needs a temperature above 0. */
  readonly sampling: Stage;
  readonly harness: Harness;
  readonly tasks: readonly Task[];
  /** Rollouts per task. */
  readonly tries: number;
}

/**
 * Both methods get `tries` rollouts per task, and the scorer helps them, which production lacks: it
 * picks the best sample, or reports a failure. The harness comes first, once per task.
 */
export async function* baseline(input: BaselineInput): AsyncGenerator<BaselineRow> {
  const { stage, sampling, harness, tasks, tries } = input;
  // The policy is part of the task; all other parts of the harness are off.
  const bare = parseHarness(
    stage.environment.name,
    new Map([
      ['policy.md', harness.policy],
      ['harness.yaml', 'version: 1\n'],
    ]),
  );
  const own = await bestOf(stage, harness, tasks, 1);
  const row = (method: string, best: Best): BaselineRow => ({
    method,
    ...scoreInterval([...best.values()].map((reward) => [reward])),
    tasks: best.size,
    voids: tasks.length - best.size,
    harnessAhead: advantageOf(tasks, listed(best), listed(own)),
  });
  yield row(`harness ${harness.id.slice(0, 12)}, 1 try`, own);
  yield row(`best of ${tries} samples, no harness`, await bestOf(sampling, bare, tasks, tries));
  yield row(`up to ${tries} tries with feedback, no harness`, await retried(stage, bare, tasks, tries));
}

const listed = (best: Best) => new Map([...best].map(([task, reward]) => [task, [reward]]));

/** The best of `tries` samples, without tasks that have a void rollout: void is no failure. */
async function bestOf(stage: Stage, bare: Harness, tasks: readonly Task[], tries: number): Promise<Best> {
  const best = new Map<string, number>();
  const voids = new Set<string>();
  for (const { task, score } of await stage.play(bare, tasks, tries, tries === 1 ? 'harness' : 'samples')) {
    if (score === null) voids.add(task);
    else best.set(task, Math.max(best.get(task) ?? 0, score.reward));
  }
  for (const task of voids) best.delete(task);
  return best;
}

/** Retries failed tasks with the scorer's feedback on the previous attempt. */
async function retried(stage: Stage, bare: Harness, tasks: readonly Task[], tries: number): Promise<Best> {
  const best = new Map<string, number>();
  let open: readonly Task[] = tasks;
  for (let attempt = 1; attempt <= tries && open.length > 0; attempt++) {
    const traces = await stage.play(bare, open, 1, `try ${attempt}`);
    const traceOf = new Map(traces.map((trace) => [trace.task, trace]));
    open = open.flatMap((task) => {
      const trace = traceOf.get(task.id);
      if (trace?.score === undefined || trace.score === null) {
        best.delete(task.id);
        return [];
      }
      best.set(task.id, Math.max(best.get(task.id) ?? 0, trace.score.reward));
      return trace.score.reward === 1 ? [] : [{ ...task, request: `${task.request}\n\n${feedbackOf(trace)}` }];
    });
  }
  return best;
}

function feedbackOf({ score, steps }: Trace): string {
  const last = steps.at(-1);
  const failed = score?.checks.flatMap(({ name, passed, detail }) => (passed ? [] : [detail ?? name])) ?? [];
  const ended =
    last?.kind === 'end' && last.ending.summary !== '' ? ` It ended with: ${last.ending.summary.slice(0, 300)}` : '';
  return `An earlier try at this failed (${failed.join('; ') || 'the result is not what was asked for'}).${ended} Do it in another way.`;
}
