/** A night that was interrupted in one place and played in another: two runs, and no alarm. */
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { git, optimize, shopRepository, summaryOf } from './cli.ts';
import { NIGHT } from './refusal.ts';

const folder = mkdtempSync(join(tmpdir(), 'two-places-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const places: readonly (readonly [name: string, make: (dir: string) => string, bring: (dir: string) => void])[] = [
  [
    'a clone',
    (dir) => {
      git(folder, 'clone', '-q', dir, 'clone');
      return join(folder, 'clone');
    },
    (dir) => void git(dir, 'fetch', '-q', '--tags', join(folder, 'clone'), 'optimize/my-shop:optimize/my-shop'),
  ],
  [
    'a linked work tree',
    (dir) => {
      git(dir, 'worktree', 'add', '-q', '-b', 'side', join(folder, 'linked'));
      return join(folder, 'linked');
    },
    () => {},
  ],
];

/** Ends a night in the middle, as a lost machine does. */
async function interrupted(dir: string): Promise<void> {
  const cut = await optimize(dir, `${NIGHT} --json`, {
    onLine(line, kill) {
      if (line.startsWith('{"type":"learned"')) kill('SIGKILL');
    },
  });
  expect(cut.code).toBe(null);
}

it('an interrupted night that is copied with its folder goes on in both places, as two runs', async () => {
  const dir = await shopRepository();
  await interrupted(dir);
  const copy = join(folder, 'copy');
  cpSync(dir, copy, { recursive: true });
  for (const place of [dir, copy]) expect([0, 3]).toContain((await optimize(place, NIGHT)).code);
  git(copy, 'fetch', '-q', '-f', '--tags', dir, '+optimize/my-shop:optimize/my-shop');
  // A model answers the two tries differently; the simulated agent does not.
  appendFileSync(join(copy, 'runs/my-shop-0001/rollouts.jsonl'), '\n');
  const seen = await optimize(copy, 'verify');
  expect([seen.code, seen.stdout]).toEqual([
    0,
    expect.stringMatching(/rollouts\.jsonl: here it is that of another run/),
  ]);
});

describe.concurrent.each(places)('with %s', (_, make, bring) => {
  it('the left-over files are set aside, and the next night is another run', async () => {
    const dir = await shopRepository();
    const other = make(dir);
    await interrupted(dir);
    expect([0, 3]).toContain((await optimize(other, NIGHT)).code);
    bring(dir);
    const seen = await optimize(dir, 'verify');
    expect([seen.code, seen.stdout]).toEqual([
      0,
      expect.stringMatching(/rollouts\.jsonl: here it is that of another run/),
    ]);
    const next = await optimize(dir, `${NIGHT} --json`);
    expect([0, 3], next.stderr).toContain(next.code);
    expect(summaryOf(next).run).toBe('my-shop-0002');
    expect((await optimize(dir, 'verify')).code).toBe(0);
  });
});
