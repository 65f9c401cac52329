/**
 * Versions compared by a judge: the better one first, what it costs, and that nothing follows from
 * it.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { copyOf, git, type Outcome, optimize, read, refsOf, releasedRepository, write } from './cli.ts';
import { openFakeEndpoint } from './fake-endpoint.ts';
import { refuse } from './refusal.ts';

interface Line {
  readonly type: string;
  readonly [key: string]: unknown;
}
const linesOf = ({ stdout }: Outcome): Line[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const reportOf = (outcome: Outcome): Line => linesOf(outcome).at(-1) ?? { type: 'none' };

/** The scorer of `optimize init` taken away. */
const withoutScorer = (dir: string): string => {
  const copy = copyOf(dir);
  const path = 'evals/my-shop/environment.js';
  const lines = read(copy, path).split('\n');
  write(copy, { [path]: lines.filter((line) => !line.startsWith('  score:')).join('\n') });
  return copy;
};

describe('judge', () => {
  let dir: string;
  let start: string;
  beforeAll(async () => {
    dir = await releasedRepository();
    start = git(dir, 'rev-parse', 'HEAD');
  });
  const JUDGE = 'judge --env my-shop --tasks 60';

  it('ranks a release above what it came from, measures itself by the scorer, and writes nothing', async () => {
    const before = [refsOf(dir), git(dir, 'status', '--porcelain')];
    const outcome = await optimize(dir, `${JUDGE} --harness ${start},v1 --json`);
    const lines = linesOf(outcome);
    const report = reportOf(outcome);
    expect(outcome.code).toBe(0);
    expect(report).toMatchObject({
      type: 'judge',
      proven: false,
      simulated: true,
      judge: 'sim:fair',
      judgeSimulated: true,
      tasks: 60,
      ranking: [{ ref: 'v1' }, { ref: start }],
      pairs: [{ a: start, b: 'v1', comparisons: 60, undecided: 0 }],
      answers: { unparsable: 0, unanswered: 0, selfConsistency: null },
      voids: 0,
      rollouts: 120,
      usd: 0,
    });
    const [{ effect }] = report.pairs as [{ effect: { mean: number; high: number } }];
    expect(effect.high).toBeLessThan(0);
    const { differing, right, wrong, ties } = report.agreement as Record<string, number>;
    expect([(right ?? 0) + (wrong ?? 0) + (ties ?? 0), (right ?? 0) > 10 * (wrong ?? 0)]).toEqual([differing, true]);
    const comparisons = lines.filter(({ type }) => type === 'comparison');
    expect(comparisons).toHaveLength(60);
    expect(comparisons[0]).toMatchObject({ a: start, b: 'v1', trial: 0 });
    expect([refsOf(dir), git(dir, 'status', '--porcelain')]).toEqual(before);
    expect((await optimize(dir, `${JUDGE} --harness ${start},v1 --json`)).stdout.split('\n').at(-2)).toBe(
      outcome.stdout.split('\n').at(-2),
    );
  });

  it('says to a person that it is unproven and simulated, and shows a judge that takes the first place', async () => {
    const { stdout } = await optimize(dir, `${JUDGE} --harness v1,${start} --judge-model sim:biased --votes 3`);
    expect(stdout).toMatch(/agent sim:medium, SIMULATED, judge sim:biased, SIMULATED; 2 versions, 120 rollouts/);
    expect(stdout).toMatch(/^ranking +1\. v1 \(harness [0-9a-f]{12}\), \+[\d.]+ points\n +2\. /m);
    expect(stdout).toContain("unproven: a judge's ranking, no release follows from it");
    expect(stdout).toMatch(/^preferred +v1 in \d+ of 60 comparisons/m);
    expect(stdout).toMatch(/^consistency +[\d.]+ % of the questions got the same answer each time/m);
    expect(Number(/: ([+-][\d.]+) points of bias/.exec(stdout)?.[1])).toBeGreaterThan(5);
    expect(stdout).toMatch(/^agreement +with the scorer in \d+ of \d+/m);
  });

  it('compares every two of three versions', async () => {
    const copy = copyOf(dir);
    write(copy, { 'harness/my-shop/policy.md': `${read(copy, 'harness/my-shop/policy.md')}Be polite.\n` });
    git(copy, 'commit', '-qam', 'polite');
    const report = reportOf(await optimize(copy, `${JUDGE} --tasks 20 --harness ${start},main,v1 --json`));
    expect((report.pairs as Line[]).map(({ a, b }) => [a, b])).toEqual([
      [start, 'main'],
      [start, 'v1'],
      ['main', 'v1'],
    ]);
    expect((report.ranking as Line[])[0]?.ref).toBe('v1');
  });

  it('asks a model that sees neither scores nor versions, and pays for no answer twice', async () => {
    const endpoint = await openFakeEndpoint();
    try {
      const args = `${JUDGE} --tasks 30 --harness ${start},v1 --judge-model openai:fake --judge-base-url ${endpoint.url} --json`;
      const outcome = await optimize(dir, args);
      const report = reportOf(outcome);
      expect(report).toMatchObject({
        judge: 'openai:fake',
        judgeSimulated: false,
        ranking: [{ ref: 'v1' }, { ref: start }],
      });
      expect((report.agreement as Record<string, number>).wrong).toBe(0);
      const asked = endpoint.requests.length;
      expect(asked).toBe((report.answers as Record<string, number>).votes);
      const sent = JSON.stringify(endpoint.requests);
      const harnesses = (report.versions as { harness: string }[]).map(({ harness }) => harness.slice(0, 12));
      for (const word of ['reward', 'failed:', 'parcel desk', 'v1', start.slice(0, 12), ...harnesses])
        expect(sent).not.toContain(word);
      expect(sent).toContain('has to go to');
      const again = await optimize(dir, args);
      expect([reportOf(again).pairs, endpoint.requests.length]).toEqual([report.pairs, asked]);
      expect(git(dir, 'status', '--porcelain')).toBe('');
    } finally {
      endpoint.close();
    }
  });

  it('asks the agent itself when none is named, and samples it where it votes more than once', async () => {
    const endpoint = await openFakeEndpoint();
    try {
      const agent = `--model openai:fake --base-url ${endpoint.url}`;
      const args = `${JUDGE} --tasks 10 --harness ${start},v1 ${agent} --votes 2 --json`;
      const report = reportOf(await optimize(dir, args));
      expect(report).toMatchObject({
        agent: 'openai:fake',
        judge: 'openai:fake',
        simulated: false,
        judgeSimulated: false,
      });
      expect(report.answers).toMatchObject({ selfConsistency: 1 });
      const temperatures = (compares: boolean) =>
        endpoint.requests
          .filter(({ messages: [system] }) => (system?.content ?? '').startsWith('You compare') === compares)
          .map(({ temperature }) => temperature);
      expect([new Set(temperatures(true)), new Set(temperatures(false))]).toEqual([new Set([0.7]), new Set([0])]);
      const asked = endpoint.requests.length;
      await optimize(dir, args);
      expect(endpoint.requests.length).toBe(asked);
    } finally {
      endpoint.close();
    }
  });

  it('goes on after a judge that broke down, and a cap of money holds for it', async () => {
    const copy = copyOf(dir);
    write(copy, {
      'models.yaml':
        'version: 1\nmodels:\n  fair: {model: fake, base_url: BASE, retries: 0, price: {input: 1, output: 1, date: 2026-01-01, source: x}}\n',
    });
    const endpoint = await openFakeEndpoint();
    write(copy, { 'models.yaml': read(copy, 'models.yaml').replace('BASE', endpoint.url) });
    try {
      const args = `${JUDGE} --harness ${start},v1 --judge-model fair --json`;
      const capped = await optimize(copy, `${args} --max-usd 0.01`);
      expect([capped.code, reportOf(capped).message]).toEqual([
        5,
        expect.stringContaining('would pass the cap of $0.01'),
      ]);
      const paid = endpoint.answered.length;
      expect(paid).toBeGreaterThan(0);
      endpoint.intercept = (call) => call > paid + 2;
      const broken = await optimize(copy, args);
      expect([broken.code, broken.stderr]).toEqual([
        1,
        expect.stringContaining('consecutive questions got no answer from the judge'),
      ]);
      const kept = endpoint.answered.length;
      endpoint.intercept = null;
      const report = reportOf(await optimize(copy, args));
      const { votes } = report.answers as { votes: number };
      expect(endpoint.answered.length).toBe(votes);
      expect(report.usd).toBeCloseTo((votes - kept) * 0.0011, 6);
    } finally {
      endpoint.close();
    }
  });

  it('compares where nothing scores, which nothing else can', async () => {
    const copy = withoutScorer(dir);
    for (const command of [
      '--budget 1',
      'run',
      'plan',
      'ablate',
      'aa',
      'baseline --rollouts 200',
      'run --show --task t1-0 --json',
    ])
      await refuseUnscored(copy, `${command} --env my-shop`);
    await refuseUnscored(copy, 'env check my-shop');
    await refuse(copy, `${JUDGE} --harness ${start},v1`, 2, /needs true rewards.*--judge-model openai:NAME/);
    const shown = await optimize(copy, 'run --env my-shop --task t1-0 --show');
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringMatching(/no scorer[\s\S]*end: done/)]);
    expect(shown.stdout).not.toMatch(/reward|void/);
    const endpoint = await openFakeEndpoint();
    try {
      const model = `--judge-model openai:fake --judge-base-url ${endpoint.url}`;
      const report = reportOf(await optimize(copy, `${JUDGE} --tasks 30 --harness ${start},v1 ${model} --json`));
      expect(report).toMatchObject({ agreement: null, ranking: [{ ref: 'v1' }, { ref: start }], voids: 0 });
      const { stdout } = await optimize(copy, `${JUDGE} --tasks 30 --harness ${start},v1 ${model}`);
      expect(stdout).toMatch(/^agreement +not known: nothing scores these tasks/m);
    } finally {
      endpoint.close();
    }
  });

  it.each<[string, RegExp[]]>([
    ['--harness v1', [/--harness: expected two or more versions.*such as v1,v2, got "v1"/]],
    ['', [/--harness <a,b>/]],
    ['--harness v1,v1', [/v1 and v1 are the same version \([0-9a-f]{12}\); expected different ones/]],
    ['--harness v1,optimize/my-shop', [/are the same version/]],
    ['--harness v1,nobody', [/no harness of my-shop is called "nobody"; expected a commit/]],
    ['--harness v1,v9', [/there is no version v9 of my-shop; expected one of: v1/]],
    ['--harness v1,HEAD --votes 0', [/--votes: expected a whole number, 1 or more, got 0/]],
    ['--harness v1,HEAD --trials 0', [/--trials: expected a whole number, 1 or more, got 0/]],
    ['--harness v1,HEAD --tasks 0', [/--tasks: expected a whole number of tasks, 1 or more, got 0/]],
    [
      '--harness v1,HEAD --split sealed',
      [/--split: expected train or dev \(sealed tasks are for releases alone\), got "sealed"/],
    ],
    ['--harness v1,HEAD --split all', [/expected train or dev .*got "all"/]],
    ['--harness v1,HEAD --split every', [/expected train or dev .*got "every"/]],
    [
      '--harness v1,HEAD --judge-model sim:kind',
      [/--judge-model: expected sim:fair or sim:biased, openai:NAME.*"sim:kind"/],
    ],
    [
      '--harness v1,HEAD --judge-model gpt',
      [/--judge-model: expected .*openai:NAME or a name from models\.yaml, got "gpt"/],
    ],
    ['--harness v1,HEAD --judge-base-url http://127.0.0.1:1/v1', [/--judge-base-url: expected a real judge/]],
    [
      '--harness v1,HEAD --judge-model openai:x --judge-base-url http://127.0.0.1:1/v1 --max-usd 1',
      [/--max-usd needs the price of "x": add --price-in and --price-out/],
    ],
    [
      '--harness v1,HEAD --model openai:y --base-url http://127.0.0.1:1/v1 --price-in 1 --price-out 1 --judge-model openai:x --max-usd 1',
      [/--max-usd needs the price of "x": .*models\.yaml.*--judge-model/],
    ],
  ])('judge %s is refused', (args, says) => refuse(dir, `judge --env my-shop ${args}`, 2, ...says));

  it('is refused before it plays when the caps are too small', () =>
    refuseQuietly(`${JUDGE} --harness v1,HEAD --max-rollouts 50`));

  const refuseQuietly = (args: string) => refuse(dir, args, 5, /expected caps that allow 120 rollouts/);
});

async function refuseUnscored(dir: string, args: string): Promise<void> {
  const { code, stderr } = await optimize(dir, args);
  expect([args, code, stderr]).toEqual([
    args,
    2,
    expect.stringMatching(/environment "my-shop" has no `score`.*add score: .*optimize judge/),
  ]);
}
