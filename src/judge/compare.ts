/** Asks a judge about pairs of runs: both orders, each as often as there are votes. */
import { z } from 'zod';
import { seedOf } from '../digest.ts';
import { InfrastructureError } from '../errors.ts';
import { mapPool } from '../evaluation/pool.ts';
import { ask } from '../models/ask.ts';
import { promptText } from '../prompts.ts';
import type { ChatModel, JsonObject, Task, Trace } from '../types.ts';
import { type BlindRun, blindRun, questionOf } from './blind.ts';
import type { JudgedPair, Vote } from './tally.ts';

/** The judge that is asked. */
export interface Judge {
  readonly id: string;
  readonly simulated: boolean;
  /** True when no price is known. */
  readonly unpriced?: boolean | undefined;
  /** `truth`: rewards of the first and second run, for simulated judges alone. */
  open(truth: readonly [number, number] | null): ChatModel;
}

/** Two runs of one task and trial; neither is void. */
export interface RunPair {
  readonly task: Task;
  readonly trial: number;
  readonly a: Trace;
  readonly b: Trace;
}

export interface CompareOptions {
  readonly judge: Judge;
  /** Number of times that each order is asked, 1 or more. */
  readonly votes: number;
  readonly seed: number;
  /** Concurrent questions. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  /** Called before each question; may throw when a cap is reached. */
  before?(): void;
  onVote?(done: number, total: number): void;
}

const Reply = z.object({ better: z.enum(['first', 'second', 'same']) });
const SCHEMA: JsonObject = {
  type: 'object',
  properties: { better: { type: 'string', enum: Reply.shape.better.options } },
  required: ['better'],
  additionalProperties: false,
};

/** Consecutive questions without a reply after which the judge counts as gone. */
const GONE_AFTER = 5;

interface Asking {
  readonly pair: RunPair;
  readonly runs: readonly [BlindRun, BlindRun];
  readonly truth: readonly [number, number] | null;
  readonly vote: number;
}

/** One comparison per pair. Throws InfrastructureError when the judge is gone. */
export async function comparePairs(pairs: readonly RunPair[], options: CompareOptions): Promise<JudgedPair[]> {
  const plans = pairs.map((pair) => ({ pair, asked: askingsOf(pair, options.votes) }));
  const all = plans.flatMap(({ asked }) => [...asked.forward, ...asked.backward]);
  let done = 0;
  let missing = 0;
  const votes = await mapPool(
    all,
    options.concurrency,
    async (asking) => {
      options.before?.();
      const { vote, fault } = await voteOf(asking, options);
      missing = vote === 'unanswered' ? missing + 1 : 0;
      if (missing >= GONE_AFTER)
        throw new InfrastructureError(
          `${missing} consecutive questions got no answer from the judge (${fault}); check its endpoint, then type the same command again`,
        );
      done += 1;
      options.onVote?.(done, all.length);
      return vote;
    },
    options.signal,
  );
  const voteFor = new Map(all.map((asking, at) => [asking, votes[at] as Vote]));
  const read = (asked: readonly Asking[]) => asked.map((asking) => voteFor.get(asking) as Vote);
  return plans.map(({ pair: { task, trial, a, b }, asked }) => ({
    task: task.id,
    family: task.family,
    trial,
    forward: read(asked.forward),
    backward: read(asked.backward),
    rewards: rewardsOf(a, b),
  }));
}

const rewardsOf = (first: Trace, second: Trace): readonly [number, number] | null =>
  first.score === null || second.score === null ? null : [first.score.reward, second.score.reward];

function askingsOf(pair: RunPair, votes: number): { forward: Asking[]; backward: Asking[] } {
  const [a, b] = [blindRun(pair.a), blindRun(pair.b)];
  if (a.join('\n') === b.join('\n')) return { forward: [], backward: [] };
  const times = <T>(of: (vote: number) => T) => Array.from({ length: votes }, (_, vote) => of(vote));
  return {
    forward: times((vote) => ({ pair, runs: [a, b], truth: rewardsOf(pair.a, pair.b), vote })),
    backward: times((vote) => ({ pair, runs: [b, a], truth: rewardsOf(pair.b, pair.a), vote })),
  };
}

async function voteOf(
  { pair: { task, trial }, runs: [first, second], truth, vote }: Asking,
  { judge, seed, signal }: CompareOptions,
): Promise<{ vote: Vote; fault: string }> {
  const { value, answered, fault } = await ask(judge.open(judge.simulated ? truth : null), {
    system: promptText('judge/system'),
    question: questionOf(task, first, second),
    schema: SCHEMA,
    // The seed holds neither versions nor orders: only the text depends on them.
    seed: seedOf('judge', seed, task.id, trial, vote),
    signal,
    accepts: (given) => Reply.safeParse(given).success,
  });
  if (value === null) return { vote: answered ? 'unparsable' : 'unanswered', fault };
  return { vote: Reply.parse(value).better, fault };
}
