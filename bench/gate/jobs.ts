/** What one process measures of one scenario at a time: plain data in, plain data out. */
import { mean } from '../../src/gate/arithmetic.ts';
import { countReleases, coverage, futilityOf } from './measure.ts';
import { worldsOf } from './panels.ts';
import { ruleNamed } from './rules.ts';
import { type Run, startRun } from './run-state.ts';
import { readScenario, type Year, yearOf } from './scenario.ts';
import { openWorld } from './world.ts';

export type Job =
  | {
      readonly kind: 'year';
      readonly scenario: string;
      readonly rule: string;
      readonly seed: number;
      readonly nights: number;
    }
  | {
      readonly kind: 'single';
      readonly scenario: string;
      readonly rule: string;
      readonly edit: string;
      readonly worlds: number;
    }
  | { readonly kind: 'looks'; readonly scenario: string; readonly world: number; readonly looks: number };

/** One world to its end. */
export interface YearResult {
  /** True score 0-1 of what is in force at the end. */
  readonly truth: number;
  /** Score that the rule believes in; null when it accepted nothing. */
  readonly reported: number | null;
  readonly rollouts: number;
  readonly accepted: number;
  readonly useless: number;
  readonly looks: number;
  readonly spentOnNulls: number;
  readonly effects: Run['effects'];
  readonly published: Run['published'];
  /** Dev tasks after which candidates were given up. */
  readonly stops: readonly number[];
  /** [rollouts, true score] after every night. */
  readonly curve: readonly (readonly [number, number])[];
}

export interface SingleResult {
  readonly accepted: number;
  readonly worlds: number;
  readonly rollouts: number;
  /** Mean true effect of the candidate, -1 to 1. */
  readonly effect: number;
}

export interface LooksResult {
  readonly name: string;
  readonly looks: number;
  readonly effect: number;
  /** Releases by alpha. */
  readonly released: Readonly<Record<'0.01' | '0.02' | '0.05', number>>;
  /** Share of looks whose 95 % interval holds the true effect. */
  readonly covered: number;
  /** Mean number of tasks that are played when futile looks end early, and releases lost by it. */
  readonly tasksPlayed: number;
  readonly lost: number;
}

export type Result = YearResult | SingleResult | LooksResult;

export function measure(job: Job): Result {
  const scenario = readScenario(job.scenario);
  if (job.kind === 'year' && scenario.kind === 'year') return yearResult(scenario, job.rule, job.seed, job.nights);
  if (job.kind === 'single' && scenario.kind === 'single') return singleResult(yearOf(scenario, job.edit), job);
  if (job.kind === 'looks' && scenario.kind === 'looks') {
    const world = worldsOf(scenario)[job.world];
    if (world === undefined) throw new RangeError(`${job.scenario} has no world ${job.world}`);
    const released = (alpha: number) => countReleases(world, job.looks, 1, { alpha });
    const { lost, tasksPlayed } = futilityOf(world, Math.min(job.looks, 500), 1);
    return {
      name: world.name,
      looks: job.looks,
      effect: world.effect,
      released: { '0.01': released(0.01), '0.02': released(0.02), '0.05': released(0.05) },
      covered: coverage(world, job.looks, 1),
      tasksPlayed,
      lost,
    };
  }
  throw new RangeError(`${job.scenario} is of kind ${scenario.kind}, the job of kind ${job.kind}`);
}

function yearResult(scenario: Year, rule: string, seed: number, nights: number): YearResult {
  const gate = ruleNamed(rule);
  const run = startRun(openWorld(scenario, seed), seed, gate);
  const curve: [number, number][] = [[0, run.world.truth(run.release)]];
  let last = run.release;
  for (run.night = 0; run.night < nights; run.night++) {
    gate.night(run);
    curve.push([
      run.rollouts,
      run.release === last ? (curve.at(-1) as [number, number])[1] : run.world.truth(run.release),
    ]);
    last = run.release;
  }
  const { rollouts, accepted, useless, looks, spentOnNulls, effects, published, stops } = run;
  const truth = (curve.at(-1) as [number, number])[1];
  const reported = accepted > 0 ? run.reported : null;
  return { truth, reported, rollouts, accepted, useless, looks, spentOnNulls, effects, published, stops, curve };
}

function singleResult(year: Year, { rule, worlds }: { rule: string; worlds: number }): SingleResult {
  const gate = ruleNamed(rule);
  const runs = Array.from({ length: worlds }, (_, seed) => {
    const run = startRun(openWorld(year, seed), seed, gate);
    gate.night(run);
    const { world, accepted, rollouts } = run;
    return {
      accepted,
      rollouts,
      effect: world.truth(world.apply(world.start, world.propose(world.start, 0, 0))) - world.truth(world.start),
    };
  });
  return {
    worlds,
    accepted: runs.filter(({ accepted }) => accepted > 0).length,
    rollouts: mean(runs.map(({ rollouts }) => rollouts)),
    effect: mean(runs.map(({ effect }) => effect)),
  };
}
