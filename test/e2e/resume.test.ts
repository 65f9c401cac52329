/**
 * A night that is interrupted or killed: the refs are old or new, and the same command goes on to
 * the same end.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../../src/report/events.ts';
import {
  copyOf,
  decisionsOf,
  eventsOf,
  git,
  leftoversOf,
  type Outcome,
  optimize,
  read,
  refsOf,
  runsOf,
  shopRepository,
  summaryOf,
  THOROUGH,
  timeless,
} from './cli.ts';

const NIGHT = '--env my-shop --tasks 200 --budget 1 --json';

/** The night up to the first event that fits, where it gets the signal. */
async function cutOff(dir: string, signal: NodeJS.Signals, at: (event: Event) => boolean): Promise<Outcome> {
  let sent = false;
  return optimize(dir, NIGHT, {
    onLine(line, kill) {
      if (sent || !at(JSON.parse(line) as Event)) return;
      sent = true;
      kill(signal);
    },
  });
}

const startOf = (outcome: Outcome) => {
  const [event] = eventsOf(outcome);
  if (event?.type !== 'start') throw new Error(outcome.stderr);
  return event;
};

/** What does not depend on the clock of a summary. */
const result = (outcome: Outcome) => {
  const { seconds: _, ...rest } = summaryOf(outcome);
  return timeless(rest);
};

describe.concurrent('a night that is cut off', () => {
  let undisturbed: string;
  let whole: Outcome;
  beforeAll(async () => {
    undisturbed = await shopRepository();
    whole = await optimize(undisturbed, NIGHT);
  });

  async function expectSameEnd(dir: string): Promise<void> {
    const last = await optimize(dir, NIGHT);
    expect(startOf(last)).toMatchObject({ resumed: true, run: 'my-shop-0001', night: 1 });
    expect(last.code).toBe(whole.code);
    expect(result(last)).toEqual(result(whole));
    expect(timeless(decisionsOf(dir, 'my-shop'))).toEqual(timeless(decisionsOf(undisturbed, 'my-shop')));
    expect(git(dir, 'rev-parse', 'harness/my-shop/v1:harness')).toBe(
      git(undisturbed, 'rev-parse', 'harness/my-shop/v1:harness'),
    );
    expect(leftoversOf(dir)).toEqual([]);
    expect(git(dir, 'status', '--porcelain')).toBe('');
    const verified = await optimize(dir, 'verify');
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringMatching(/every decision agrees/)]);
  }

  it('plays again to the same decisions, also when a cap has ended it', async () => {
    const fresh = await shopRepository();
    const capped = await optimize(fresh, '--env my-shop --tasks 120 --budget 4 --max-rollouts 400 --json');
    expect([0, 3]).toContain(capped.code);
    const replay = await optimize(fresh, 'replay my-shop-0001');
    expect([replay.code, replay.stdout]).toEqual([
      0,
      expect.stringMatching(/decisions came out equal.*SIMULATED, 0 calls/),
    ]);
    expect((await optimize(fresh, 'replay my-shop-0009')).code).toBe(2);

    renameSync(join(fresh, 'evals', 'my-shop'), join(fresh, 'elsewhere'));
    expect((await optimize(fresh, 'replay my-shop-0001')).code).toBe(2);
    const there = await optimize(fresh, 'replay my-shop-0001 --env elsewhere/environment.js');
    expect([there.stderr, there.code]).toEqual(['', 0]);
  });

  it('is not resumed when it was not cut off', () => {
    expect(startOf(whole).resumed).toBe(false);
    expect(summaryOf(whole).released?.version).toBe('v1');
  });

  /** The commits of the branch, newest first; [] when there is none. */
  const historyOf = (dir: string): string[] =>
    refsOf(dir).includes('refs/heads/optimize/my-shop')
      ? git(dir, 'log', '--format=%s', 'optimize/my-shop').split('\n')
      : [];

  it('ends at Ctrl-C with 130, says what to type, and goes on, even with half a line in its journal', async () => {
    const dir = await shopRepository();
    const cut = await cutOff(dir, 'SIGINT', ({ type }) => type === 'learned');
    expect(cut.code).toBe(130);
    expect(cut.stderr).toMatch(/type the same command again/);
    expect(cut.stderr).not.toMatch(/\n {4}at /);
    expect(eventsOf(cut).at(-1)).toMatchObject({ type: 'error', code: 130 });
    expect(leftoversOf(dir)).toEqual([]);
    const journal = 'runs/my-shop-0001/rollouts.jsonl';
    const text = read(dir, journal);
    writeFileSync(join(dir, journal), text.slice(0, Math.floor(text.length * 0.7)));
    await expectSameEnd(dir);
  });

  const moments: [string, (event: Event) => boolean][] = [
    ['on the sealed panel', (event) => event.type === 'phase' && event.phase === 'sealed'],
    ['at the commit of what it kept', ({ type }) => type === 'commit'],
  ];
  it.each(THOROUGH ? moments : moments.slice(0, 1))('survives kill -9 %s', async (_, at) => {
    const dir = await shopRepository();
    const main = git(dir, 'rev-parse', 'main');
    const cut = await cutOff(dir, 'SIGKILL', at);
    expect(cut.code).toBe(null);
    expect(runsOf(dir)).toEqual(['my-shop-0001']);
    // Old or new: the branch is a whole beginning of what the undisturbed night wrote, and the
    // person's has not moved.
    const history = historyOf(dir);
    expect(historyOf(undisturbed).slice(historyOf(undisturbed).length - history.length)).toEqual(history);
    expect(git(dir, 'rev-parse', 'main')).toBe(main);
    git(dir, 'fsck', '--no-dangling');
    await expectSameEnd(dir);
  });

  it('has had its look at the sealed panel once that is begun, also when another night is begun in its place', async () => {
    const dir = await shopRepository();
    await cutOff(dir, 'SIGKILL', (event) => event.type === 'commit' && event.subject.includes('open look'));
    const other = await optimize(dir, `${NIGHT} --seed 2`);
    expect(startOf(other)).toMatchObject({ resumed: false, run: 'my-shop-0002' });
    const looks = decisionsOf(dir, 'my-shop').filter(({ kind }) => kind === 'look');
    expect(looks.map(({ run, plan }) => [run, plan?.terms.alpha])).toEqual([
      ['my-shop-0001', 0.02],
      ['my-shop-0002', 0.01],
    ]);
    expect((await optimize(dir, 'verify')).code).toBe(0);
  });

  it.runIf(THOROUGH)('survives being killed again and again', async () => {
    const dir = await shopRepository();
    for (const type of ['start', 'learned', 'decision']) await cutOff(dir, 'SIGKILL', (event) => event.type === type);
    await expectSameEnd(dir);
  });

  it('finds its release done when only the page was not written', async () => {
    const dir = copyOf(undisturbed);
    const refs = refsOf(dir);
    for (const file of ['summary.json', 'report.md']) rmSync(join(dir, 'runs/my-shop-0001', file));
    await expectSameEnd(dir);
    expect(refsOf(dir)).toBe(refs);
    expect(read(dir, 'runs/my-shop-0001/report.md')).toMatch(/released v1/);
  });

  it('starts a new night when the command is another one, and when its run was thrown away', async () => {
    const dir = await shopRepository();
    await cutOff(dir, 'SIGKILL', ({ type }) => type === 'learned');
    const other = await optimize(dir, '--env my-shop --tasks 120 --budget 1 --seed 4 --json');
    expect(startOf(other)).toMatchObject({ resumed: false, run: 'my-shop-0002' });
    rmSync(join(dir, 'runs'), { recursive: true });
    const last = await optimize(dir, '--env my-shop --tasks 120 --budget 1 --seed 4 --json');
    expect(startOf(last)).toMatchObject({ resumed: false, run: 'my-shop-0003' });
    expect((await optimize(dir, 'verify')).code).toBe(0);
  });
});
