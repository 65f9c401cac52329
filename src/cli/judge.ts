/**
 * `optimize judge`: which harness version is better, by a judge that sees runs and no scores;
 * proves and writes nothing.
 */
import { resolve } from 'node:path';
import { BudgetError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { comparePairs, type Judge, type RunPair } from '../judge/compare.ts';
import { agreementOf, type JudgedPair, preferenceOf, rankingOf, tallyPair, tallyVotes } from '../judge/tally.ts';
import { openRepository, type Repository } from '../ledger/git/git.ts';
import type { Environment, Harness, Task, Trace } from '../types.ts';
import { chooseJudge, type JudgeModelFlags, openJudge } from './judge-model.ts';
import { type JudgeReport, judgeText, type VersionName } from './judge-text.ts';
import { say, sayJson } from './open-ledger.ts';
import { harnessOf } from './run.ts';
import { chooseTasks, openEnvironment, type TaskFlags } from './setup.ts';
import { openStage, type Stage } from './stage.ts';

interface JudgeFlags extends JudgeModelFlags, TaskFlags {
  readonly tasks?: number;
  readonly tags?: readonly string[];
  readonly harness: readonly string[];
  readonly trials: number;
}

interface Version extends VersionName {
  readonly documents: Harness;
}

/**
 * Every version plays the same tasks and trials; every two are compared run by run, and a run
 * without an answer is compared with nothing.
 */
export async function judgeCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as JudgeFlags;
  assertFlags(flags);
  const repository = await openRepository(process.cwd());
  const { root } = repository;
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    root,
    { unscored: true },
  );
  const versions = await versionsOf(repository, environment.name, flags.harness);
  const tasks = chooseTasks(environment, flags, root);
  const choice = chooseJudge(flags, environment, root);
  const stage = await openStage(flags, root, environment);
  try {
    const judge = await openJudge(choice, environment, root, stage);
    const pairs = versions.flatMap((_, a) => versions.slice(a + 1).map((_, next) => ({ a, b: a + 1 + next })));
    const rollouts = versions.length * tasks.length * flags.trials;
    if (!stage.budget.affords(rollouts))
      throw new BudgetError(`${rollouts} rollouts are needed, which the caps do not allow; fewer --tasks need fewer`);
    if (!flags.json)
      say(
        `judge on ${environment.name}, ${tasks.length} ${flags.split} tasks x ${flags.trials}, agent ${labelOf(stage.agent)}, judge ${labelOf(judge)}; ` +
          `${versions.length} versions, ${rollouts} rollouts, at most ${pairs.length * tasks.length * flags.trials * 2 * flags.votes} questions`,
      );
    const played: Trace[][] = [];
    for (const { ref, documents } of versions) played.push(await stage.play(documents, tasks, flags.trials, ref));
    const runs = pairs.flatMap(({ a, b }) => runPairs(tasks, played[a] ?? [], played[b] ?? [], flags.trials));
    const comparisons = await comparePairs(runs, {
      judge,
      votes: flags.votes,
      seed: flags.seed,
      concurrency: choice.concurrency,
      signal: stage.signal,
      before() {
        if (!stage.budget.affords(0))
          throw new BudgetError(
            `${stage.budget.reached()} while judging; the replies so far are kept: type the same command with a higher cap`,
          );
      },
      onVote(done, total) {
        const { rollouts: count, usd } = stage.budget;
        stage.emit({ type: 'progress', phase: 'judge', done, total, rollouts: count, candidates: 0, usd });
      },
    });
    const report = reportOf({ flags, environment, stage, judge, versions, pairs, tasks }, runs, comparisons);
    if (flags.json) for (const line of comparisonLines(runs, comparisons, versions)) sayJson(line);
    if (flags.json) sayJson(report);
    else say(judgeText(report));
  } finally {
    stage.close();
  }
  return EXIT.ok;
}

function assertFlags({ harness, votes, trials, tasks, split }: JudgeFlags): void {
  if (harness.length < 2)
    throw new UsageError(
      `--harness: expected two or more versions separated by commas, such as v1,v2, got "${harness.join(',')}"`,
    );
  if (votes < 1) throw new UsageError(`--votes: expected 1 or more, got ${votes}`);
  if (trials < 1) throw new UsageError(`--trials: expected 1 or more, got ${trials}`);
  if (tasks !== undefined && tasks < 1) throw new UsageError(`--tasks: expected 1 or more, got ${tasks}`);
  if (split !== 'train' && split !== 'dev')
    throw new UsageError(`--split: expected train or dev (sealed tasks are for releases alone), got "${split}"`);
}

/**
 * Throws UsageError for an unknown version, and for two words that mean the same one: it would be
 * compared with itself.
 */
async function versionsOf(repository: Repository, env: string, refs: readonly string[]): Promise<Version[]> {
  const versions: Version[] = [];
  for (const ref of refs) {
    const documents = await harnessOf(repository, env, ref);
    const same = versions.find(({ harness }) => harness === documents.id);
    if (same !== undefined)
      throw new UsageError(
        `--harness: ${same.ref} and ${ref} are the same version (${documents.id.slice(0, 12)}); expected different ones`,
      );
    versions.push({ ref, harness: documents.id, documents });
  }
  return versions;
}

const labelOf = ({ id, simulated }: { readonly id: string; readonly simulated: boolean }): string =>
  simulated ? `${id}, SIMULATED` : id;

/** Runs of the same task and trial; without those that are void. */
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

/** What was asked about each two runs and answered, for an auditor. */
const comparisonLines = (runs: readonly RunPair[], comparisons: readonly JudgedPair[], versions: readonly Version[]) =>
  comparisons.map(({ family: _, ...comparison }, at) => {
    const refOf = (trace: Trace | undefined) => versions.find(({ harness }) => harness === trace?.harness)?.ref;
    const [a, b] = [refOf(runs[at]?.a), refOf(runs[at]?.b)];
    return { type: 'comparison', a, b, ...comparison, preference: preferenceOf(comparison).preference };
  });

interface Setting {
  readonly flags: JudgeFlags;
  readonly environment: Environment;
  readonly stage: Stage;
  readonly judge: Judge;
  readonly versions: readonly Version[];
  readonly pairs: readonly { readonly a: number; readonly b: number }[];
  readonly tasks: readonly Task[];
}

function reportOf(setting: Setting, runs: readonly RunPair[], comparisons: readonly JudgedPair[]): JudgeReport {
  const { flags, environment, stage, judge, pairs, tasks } = setting;
  const versions = setting.versions.map(({ ref, harness }) => ({ ref, harness }));
  const tallies = pairs.map(({ a, b }) => {
    const [first, second] = [versions[a]?.harness, versions[b]?.harness];
    const own = comparisons.filter((_, at) => runs[at]?.a.harness === first && runs[at]?.b.harness === second);
    return { a, b, tally: tallyPair(own) };
  });
  const ranking = rankingOf(versions.length, tallies);
  return {
    type: 'judge',
    proven: false,
    env: environment.name,
    agent: stage.agent.id,
    simulated: stage.agent.simulated,
    judge: judge.id,
    judgeSimulated: judge.simulated,
    split: flags.split,
    tasks: tasks.length,
    trials: flags.trials,
    votes: flags.votes,
    versions,
    pairs: tallies.map(({ a, b, tally }) => ({ a: versions[a]?.ref ?? '', b: versions[b]?.ref ?? '', ...tally })),
    ranking: ranking?.map(({ version, mean }) => ({ ...(versions[version] as VersionName), mean })) ?? null,
    answers: tallyVotes(comparisons),
    agreement: agreementOf(comparisons),
    voids: pairs.length * tasks.length * flags.trials - runs.length,
    rollouts: stage.budget.rollouts,
    usd: stage.agent.unpriced || judge.unpriced ? null : stage.budget.usd,
  };
}
