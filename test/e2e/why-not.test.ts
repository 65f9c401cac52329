/** Questions about what was refused: `why-not` and the filters of `log`. */
import { beforeAll, describe, expect, it } from 'vitest';
import { editTitle } from '../../src/edit/title.ts';
import type { AnyFields } from '../../src/ledger/any-fields.fixture.ts';
import { copyOf, decisionsOf, optimize, shopRepository } from './cli.ts';
import { refuse } from './refusal.ts';

const keysOf = (decision: AnyFields | undefined): readonly string[] => decision?.keys as string[];

describe('what was refused', () => {
  let dir: string;
  let decisions: readonly AnyFields[];
  const linesOf = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  beforeAll(async () => {
    dir = await shopRepository();
    const { code, stderr } = await optimize(dir, '--env my-shop --tasks 160 --budget 4');
    expect([0, 3], stderr).toContain(code);
    decisions = decisionsOf(dir, 'my-shop');
  });

  it('an edit that was tried is found by its key and its name, with every try and its verdict', async () => {
    const tried = decisions.filter(({ kind, form }) => kind === 'candidate' && form !== 'prune');
    const key = keysOf(tried[0])[0] as string;
    const edit = tried[0]?.edits?.[0];
    const expected = tried.filter((one) => keysOf(one).includes(key)).map(({ seq }) => seq);
    const byKey = linesOf((await optimize(dir, `why-not ${key.slice(0, 10)} --json`)).stdout);
    expect(byKey).toHaveLength(1);
    expect(((byKey[0]?.tried ?? []) as { seq: number }[]).map(({ seq }) => seq)).toEqual(expected);
    const title = editTitle(edit as NonNullable<typeof edit>)
      .split(' ')
      .at(2) as string;
    const { stdout } = await optimize(dir, `why-not ${title}`);
    expect(stdout).toContain(`#${expected[0]} `);
    expect(stdout).toMatch(/it was kept|it may be tried again|it will not be tried again/);
  });

  it('what was never tried is said to be so', async () => {
    const { code, stdout } = await optimize(dir, 'why-not unicorn');
    expect([code, stdout]).toEqual([0, expect.stringContaining('no edit with "unicorn" was ever tried')]);
  });

  it('log tells decisions of a kind, a verdict, a reason, a run, and a time', async () => {
    const log = async (flags: string) => {
      const { stdout } = await optimize(dir, `log --json ${flags}`);
      return stdout === '' ? [] : linesOf(stdout).map(({ seq }) => seq);
    };
    const seqs = (of: (decision: AnyFields) => boolean) =>
      decisions
        .filter(of)
        .map(({ seq }) => seq)
        .reverse();
    expect(await log('--kind note')).toEqual(seqs(({ kind }) => kind === 'note'));
    expect(await log('--verdict rejected')).toEqual(seqs(({ verdict }) => verdict?.decision === 'rejected'));
    const reason = decisions.find(({ verdict }) => verdict?.decision === 'rejected')?.verdict?.reason as string;
    expect(await log(`--reason ${reason}`)).toEqual(seqs(({ verdict }) => verdict?.reason === reason));
    expect(await log('--all --run my-shop-0001')).toHaveLength(decisions.length);
    expect(await log('--all --run my-shop-0002')).toEqual([]);
    expect(await log('--all --since 2020-01-01 --until 2020-02-01')).toEqual([]);
    expect(await log('--all --since 2020-01-01')).toHaveLength(decisions.length);
    await refuse(copyOf(dir), 'log --since yesterday', 2, /--since: expected a date such as .*, got "yesterday"/);
  });
});
