/** Compares harness versions by a judge that sees runs and no scores; this proves nothing. */
import { BudgetError } from '../errors.ts';
import { comparePairs, type Judge, type RunPair } from '../judge/compare.ts';
import {
  type Agreement,
  agreementOf,
  type JudgedPair,
  type PairTally,
  preferenceOf,
  rankingOf,
  tallyPair,
  tallyVotes,
  type VoteTally,
} from '../judge/tally.ts';
import type { Harness, Task, Trace } from '../types.ts';
import type { Stage } from './stage.ts';

export interface VersionName {
  /** The name as given. */
  readonly ref: string;
  readonly harness: string;
}

/** The last line of `judge --json`. */
export interface JudgeReport {
  readonly type: 'judge';
  /** Always false: a preference is not a score, and no release follows from it. */
  readonly proven: false;
  readonly env: string;
  readonly agent: string;
  readonly simulated: boolean;
  readonly judge: string;
  readonly judgeSimulated: boolean;
  readonly split: string;
  readonly tasks: number;
  readonly trials: number;
  readonly votes: number;
  readonly versions: readonly VersionName[];
  readonly pairs: readonly ({ readonly a: string; readonly b: string } & PairTally)[];
  /** Best first; null when some pair of versions was not comparable. */
  readonly ranking: readonly (VersionName & { readonly mean: number })[] | null;
  readonly answers: VoteTally;
  /** Null where nothing scores the tasks. */
  readonly agreement: Agreement | null;
  /** Comparisons left out because a run is void. */
  readonly voids: number;
  readonly rollouts: number;
  /** US dollars paid now, without recorded replies; null when no price is known. */
  readonly usd: number | null;
}

export interface JudgedVersion extends VersionName {
  readonly documents: Harness;
}

export interface JudgeInput {
  readonly stage: Stage;
  readonly judge: Judge;
  /** Concurrent questions. */
  readonly concurrency: number;
  readonly versions: readonly JudgedVersion[];
  readonly tasks: readonly Task[];
  readonly split: string;
  readonly trials: number;
  /** Number of times that each order is asked. */
  readonly votes: number;
}

/** One comparison and its answers, for an auditor. */
export interface ComparisonLine extends Omit<JudgedPair, 'family'> {
  readonly type: 'comparison';
  readonly a: string | undefined;
  readonly b: string | undefined;
  readonly preference: number | null;
}

/** Rollouts of a comparison, and the maximum number of questions. */
export function judgeCost({ versions, tasks, trials, votes }: Omit<JudgeInput, 'stage' | 'judge' | 'concurrency'>) {
  const pairs = (versions.length * (versions.length - 1)) / 2;
  return { rollouts: versions.length * tasks.length * trials, questions: pairs * tasks.length * trials * 2 * votes };
}

/**
 * Every version plays the same tasks and trials, and each pair of versions is compared run by run;
 * void runs are not compared. Throws BudgetError when the caps do not allow it.
 */
export async function judgeVersions(
  input: JudgeInput,
): Promise<{ readonly report: JudgeReport; readonly comparisons: readonly ComparisonLine[] }> {
  const { stage, judge, concurrency, versions, tasks, trials, votes } = input;
  const { budget, seed, signal, emit } = stage;
  const { rollouts } = judgeCost(input);
  if (!budget.affords(rollouts))
    throw new BudgetError(`expected caps that allow ${rollouts} rollouts; raise them, or lower --tasks`);
  const pairs = versions.flatMap((_, a) => versions.slice(a + 1).map((_, next) => ({ a, b: a + 1 + next })));
  const documents = versions.map((version) => version.documents);
  const played = await stage.together(documents, tasks, trials, 'versions');
  const runs = pairs.flatMap(({ a, b }) => runPairs(tasks, played[a] ?? [], played[b] ?? [], trials));
  const judged = await comparePairs(runs, {
    judge,
    votes,
    seed,
    concurrency,
    signal,
    before() {
      if (!budget.affords(0))
        throw new BudgetError(
          `${budget.reached()} while judging; the replies so far are kept: type the same command with a higher cap`,
        );
    },
    onVote(done, total) {
      emit({
        type: 'progress',
        phase: 'judge',
        done,
        total,
        rollouts: budget.rollouts,
        candidates: 0,
        usd: budget.usd,
      });
    },
  });
  const refOf = (trace: Trace | undefined) => versions.find(({ harness }) => harness === trace?.harness)?.ref;
  const comparisons = judged.map(({ family: _, ...comparison }, at): ComparisonLine => {
    const { preference } = preferenceOf(comparison);
    return { type: 'comparison', a: refOf(runs[at]?.a), b: refOf(runs[at]?.b), ...comparison, preference };
  });
  return { report: reportOf(input, pairs, runs, judged), comparisons };
}

/** Pairs of runs of equal task and trial, without void ones. */
function runPairs(
  tasks: readonly Task[],
  first: readonly Trace[],
  second: readonly Trace[],
  trials: number,
): RunPair[] {
  return tasks.flatMap((task, at) =>
    Array.from({ length: trials }, (_, trial) => trial).flatMap((trial) => {
      const [a, b] = [first[at * trials + trial], second[at * trials + trial]];
      return a === undefined || b === undefined || a.error !== undefined || b.error !== undefined
        ? []
        : [{ task, trial, a, b }];
    }),
  );
}

function reportOf(
  { stage, judge, versions, tasks, split, trials, votes }: JudgeInput,
  pairs: readonly { readonly a: number; readonly b: number }[],
  runs: readonly RunPair[],
  judged: readonly JudgedPair[],
): JudgeReport {
  const { agent, budget, environment } = stage;
  const names = versions.map(({ ref, harness }): VersionName => ({ ref, harness }));
  const tallies = pairs.map(({ a, b }) => {
    const [first, second] = [versions[a]?.harness, versions[b]?.harness];
    const own = judged.filter((_, at) => runs[at]?.a.harness === first && runs[at]?.b.harness === second);
    return { a, b, tally: tallyPair(own) };
  });
  const ranking = rankingOf(versions.length, tallies);
  return {
    type: 'judge',
    proven: false,
    env: environment.name,
    agent: agent.id,
    simulated: agent.simulated,
    judge: judge.id,
    judgeSimulated: judge.simulated,
    split,
    tasks: tasks.length,
    trials,
    votes,
    versions: names,
    pairs: tallies.map(({ a, b, tally }) => ({ a: names[a]?.ref ?? '', b: names[b]?.ref ?? '', ...tally })),
    ranking: ranking?.map(({ version, mean }) => ({ ...(names[version] as VersionName), mean })) ?? null,
    answers: tallyVotes(judged),
    agreement: agreementOf(judged),
    voids: pairs.length * tasks.length * trials - runs.length,
    rollouts: budget.rollouts,
    usd: agent.unpriced || judge.unpriced ? null : budget.usd,
  };
}
