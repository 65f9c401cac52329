/** Markdown tables of what was measured. */
import { mean } from '../../src/gate/arithmetic.ts';
import { scoreInterval } from '../../src/gate/interval.ts';
import type { Job, LooksResult, Result, SingleResult, YearResult } from './jobs.ts';
import { guardBlocks } from './measure.ts';
import { flips } from './panels.ts';
import { OURS, PATIENT, RULES } from './rules.ts';
import type { Single, Year } from './scenario.ts';

export interface Measured<R extends Result = Result> {
  readonly job: Job;
  readonly result: R;
}

const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
const points = (share: number): string => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)}`;
const number = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  row(head),
  row(head.map(() => '---')),
  ...rows.map(row),
];

/** Results by rule, in the order in which the rules were asked for. */
export function byRule<R extends Result>(measured: readonly Measured<R>[]): Map<string, R[]> {
  const rules = new Map<string, R[]>();
  for (const { job, result } of measured) {
    if (job.kind === 'looks') continue;
    rules.set(job.rule, [...(rules.get(job.rule) ?? []), result]);
  }
  return rules;
}

/** True score when `rollouts` were spent; null for a year that ended before. */
export function truthAt(curve: YearResult['curve'], rollouts: number): number | null {
  if ((curve.at(-1)?.[0] ?? 0) < rollouts) return null;
  return curve.findLast(([spent]) => spent <= rollouts)?.[1] ?? null;
}

/**
 * Upper 95 % limit of the mean of `counts`, by the exact Poisson limit for their sum: Garwood 1936,
 * through the gamma distribution's quantile in the approximation of Wilson & Hilferty 1931
 * (relative error below 1 % from a sum of 1 on; the exact -ln(.05) for 0).
 */
export function upperRate(counts: readonly number[]): number {
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum === 0) return -Math.log(0.05) / counts.length;
  const shape = sum + 1;
  return (shape * (1 - 1 / (9 * shape) + 1.6448536 / (3 * Math.sqrt(shape))) ** 3) / counts.length;
}

export function yearTable(scenario: Year, measured: readonly Measured<YearResult>[]): string[] {
  const rules = byRule(measured);
  const ours = rules.get(OURS.name) ?? [];
  const spent = mean(ours.map(({ rollouts }) => rollouts));
  const rows = [...rules].map(([name, runs]) => {
    const of = (what: (run: YearResult) => number) => mean(runs.map(what));
    const reported = runs.flatMap((run) => (run.reported === null ? [] : [run.reported]));
    const gaps = runs.flatMap((run) => (run.reported === null ? [] : [run.reported - run.truth]));
    const equal = runs.map(({ curve }) => truthAt(curve, spent)).filter((truth) => truth !== null);
    const truths = runs.map(({ truth }) => truth);
    return [
      name,
      String(runs.length),
      `${number(mean(truths), 3)} (${number(Math.min(...truths), 2)}-${number(Math.max(...truths), 2)})`,
      equal.length === runs.length ? number(mean(equal), 3) : '-',
      reported.length === 0 ? '-' : number(mean(reported), 3),
      gaps.length === 0 ? '-' : points(mean(gaps)),
      `${number(of(({ rollouts }) => rollouts) / 1000, 1)}k`,
      number(
        of(({ accepted }) => accepted),
        2,
      ),
      `${number(
        of(({ useless }) => useless),
        2,
      )} (<= ${number(upperRate(runs.map(({ useless }) => useless)), 2)})`,
      number(
        of(({ looks }) => looks),
        1,
      ),
      number(
        of(({ spentOnNulls }) => spentOnNulls),
        3,
      ),
    ];
  });
  const head = [
    'rule',
    'worlds',
    'true score (least-most)',
    `at ${number(spent / 1000, 0)}k rollouts`,
    'reported',
    'minus true',
    'rollouts',
    'accepted',
    'of no value (upper 95 % limit)',
    'looks',
    'bound on false releases',
  ];
  return [...table(head, rows), '', ...remarks(scenario, rules)];
}

/** What else the rows of our rule say. */
function remarks(scenario: Year, rules: ReadonlyMap<string, readonly YearResult[]>): string[] {
  const ours = rules.get(OURS.name) ?? [];
  const lines: string[] = [];
  const published = ours.flatMap((run) => run.published);
  if (published.length > 0) {
    const covered = published.filter(({ low, high, truth }) => low <= truth && truth <= high).length;
    const gap = mean(published.map(({ score, truth }) => score - truth));
    lines.push(
      `- Published on fresh tasks, ${published.length} times: ${points(gap)} points from the true score on average, its 95 % interval holds it in ${percent(covered / published.length)}.`,
    );
  }
  const effects = ours.flatMap((run) => run.effects);
  if (effects.length > 0)
    lines.push(
      `- Sealed effect of what was released (selected): ${points(mean(effects.map(({ sealed, truth }) => sealed - truth)))} points above the true one on average, ${effects.length} releases.`,
    );
  const stops = ours.flatMap((run) => run.stops).sort((a, b) => a - b);
  const patient = rules.get(PATIENT.name) ?? [];
  if (stops.length > 0) {
    const median = stops[Math.floor(stops.length / 2)] as number;
    lines.push(`- Hopeless candidates were given up after ${median} of ${scenario.dev} dev tasks (median).`);
  }
  if (patient.length > 0) {
    const paired = ours.slice(0, patient.length);
    const releases = (runs: readonly YearResult[]) => mean(runs.map(({ accepted }) => accepted));
    const cost = (runs: readonly YearResult[]) => mean(runs.map(({ rollouts }) => rollouts));
    const truth = (runs: readonly YearResult[]) => mean(runs.map((run) => run.truth));
    lines.push(
      `- Against playing every candidate to its end, on the same ${patient.length} worlds: ${number(releases(paired), 2)} releases for ${number(releases(patient), 2)}, true score ${number(truth(paired), 3)} for ${number(truth(patient), 3)}, ${percent(1 - cost(paired) / cost(patient), 0)} fewer rollouts.`,
    );
  }
  return lines;
}

export function singleTable(scenario: Single, measured: readonly Measured<SingleResult>[]): string[] {
  const edits = Object.keys(scenario.edits);
  const of = (rule: string, edit: string) =>
    measured.find(({ job }) => job.kind === 'single' && job.rule === rule && job.edit === edit)?.result;
  const rows = RULES.map(({ name }) => [
    name,
    ...edits.map((edit) => {
      const result = of(name, edit);
      return result === undefined
        ? '-'
        : `${percent(result.accepted / result.worlds, 0)} / ${number(result.rollouts, 0)}`;
    }),
  ]);
  const truth = ['true effect, points', ...edits.map((edit) => points(of(OURS.name, edit)?.effect ?? Number.NaN))];
  return [...table(['in force after one night / rollouts', ...edits], [truth, ...rows])];
}

export function looksTable(measured: readonly Measured<LooksResult>[]): string[] {
  const rows = measured.map(({ result }) => {
    const rate = (count: number) => percent(count / result.looks);
    const { low, high } = scoreInterval(
      Array.from({ length: result.looks }, (_, i) => [i < result.released['0.02'] ? 1 : 0]),
    );
    return [
      result.name,
      points(result.effect),
      rate(result.released['0.01']),
      `${rate(result.released['0.02'])} (${percent(low)} to ${percent(high)})`,
      rate(result.released['0.05']),
      percent(result.covered),
      number(result.tasksPlayed, 0),
    ];
  });
  return table(
    ['population', 'effect', 'released at .01', 'at .02 (95 % interval)', 'at .05', 'interval covers', 'tasks played'],
    rows,
  );
}

/** How often a protected tag blocks that nothing hurts: the price of the guard. */
export function guardTable(nights: number): string[] {
  const rows = [10, 20, 40, 80].map((tasks) => {
    const { guard, bet } = guardBlocks(flips(tasks), nights, 1);
    return [`${tasks} tasks`, percent(guard), percent(bet)];
  });
  return table(['protected tag that nothing hurts, 30 % of its tasks flip', 'blocked', 'by the bet'], rows);
}
