/**
 * `optimize verify` after one byte was changed behind its back: it names the commit, the file and
 * the field.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { recompute } from '../../src/gate/record.ts';
import type { AnyFields } from '../../src/ledger/any-fields.fixture.ts';
import { decisionText } from '../../src/ledger/format/statement.ts';
import type { Decision } from '../../src/ledger/kinds/index.ts';
import type { VerifyReport } from '../../src/ledger/verify/verify.ts';
import { cleanEnv, copyOf, decisionsOf, git, optimize, releasedRepository } from './cli.ts';

const BRANCH = 'refs/heads/optimize/my-shop';

/** Writes a tree like that of `commit`, but with other bytes in one file, and commits it. */
function commitWith(dir: string, commit: string, path: string, text: string, parents: readonly string[]): string {
  const env = { ...cleanEnv, GIT_INDEX_FILE: join(dir, '.git', 'tamper-index') };
  const run = (input: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Eve', '-c', 'user.email=eve@example.org', ...args], {
      cwd: dir,
      env,
      input,
      encoding: 'utf8',
    }).trim();
  run('', 'read-tree', commit);
  const blob = run(text, 'hash-object', '-w', '--stdin');
  run('', 'update-index', '--cacheinfo', `100644,${blob},${path}`);
  const message = git(dir, 'show', '-s', '--format=%B', commit);
  return run(message, 'commit-tree', run('', 'write-tree'), ...parents.flatMap((parent) => ['-p', parent]));
}

const show = (dir: string, commit: string, path: string): string => `${git(dir, 'show', `${commit}:${path}`)}\n`;
const parentsOf = (dir: string, commit: string): string[] =>
  git(dir, 'rev-list', '--parents', '-1', commit).split(' ').slice(1);

/** Adds a commit on top of the branch that changes one file. */
function tamperLater(dir: string, path: string, change: (text: string) => string): string {
  const tip = git(dir, 'rev-parse', BRANCH);
  const commit = commitWith(dir, tip, path, change(show(dir, tip, path)), [tip]);
  git(dir, 'update-ref', BRANCH, commit);
  return commit;
}

/**
 * Writes the history again from the commit that added `path` on, with other bytes in it, tag
 * included.
 */
function tamperHistory(dir: string, path: string, change: (text: string) => string): void {
  const added = git(dir, 'log', '--diff-filter=A', '--format=%H', BRANCH, '--', path);
  const later = git(dir, 'rev-list', '--reverse', `${added}..${BRANCH}`)
    .split('\n')
    .filter((line) => line !== '');
  const text = change(show(dir, added, path));
  let tip = added;
  for (const commit of [added, ...later])
    tip = commitWith(dir, commit, path, text, commit === added ? parentsOf(dir, commit) : [tip]);
  git(dir, 'update-ref', BRANCH, tip);
  git(dir, 'tag', '-f', 'harness/my-shop/v1', tip);
}

async function issuesOf(dir: string): Promise<{ code: number | null; issues: VerifyReport['issues'] }> {
  const { code, stdout } = await optimize(dir, 'verify --json');
  return { code, issues: (JSON.parse(stdout) as VerifyReport).issues };
}

describe.concurrent('verify', () => {
  let clean: string;
  let release: AnyFields;
  const pathOf = ({ run, seq }: AnyFields) => `runs/${run}/decisions/${String(seq).padStart(4, '0')}.json`;
  beforeAll(async () => {
    clean = await releasedRepository();
    release = decisionsOf(clean, 'my-shop').findLast(({ kind }) => kind === 'release') as AnyFields;
  });

  it('agrees with a clean run, from any folder and any branch', async () => {
    const dir = copyOf(clean);
    git(dir, 'switch', '-q', '-c', 'elsewhere');
    const { code, stdout } = await optimize(join(dir, 'evals'), 'verify');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /optimize\/my-shop: \d+ decisions in \d+ commits, 1 release, not signed\nevery decision agrees/,
      ),
    ]);
  });

  it('names a decision that a later commit changes by one byte', async () => {
    const dir = copyOf(clean);
    const commit = tamperLater(dir, pathOf(release), (text) => text.replace('improved', 'imprOved'));
    const { code, issues } = await issuesOf(dir);
    expect(code).toBe(6);
    expect(issues).toContainEqual(expect.objectContaining({ file: pathOf(release), commit }));
  });

  it('names a decision whose byte was changed in a history written again', async () => {
    const dir = copyOf(clean);
    const [first] = decisionsOf(dir, 'my-shop') as [AnyFields];
    tamperHistory(dir, pathOf(first), (text) =>
      text.replace(/"time": "(\d)/, (_, digit) => `"time": "${(Number(digit) + 1) % 10}`),
    );
    const { code, issues } = await issuesOf(dir);
    expect(code).toBe(6);
    // The bytes are canonical and the schema fits: only the next link of the chain knows.
    expect(issues.map(({ file, field }) => ({ file, field }))).toContainEqual({
      file: pathOf({ ...first, seq: first.seq + 1 }),
      field: 'prev',
    });
  });

  it('names a number of a verdict that its scores do not give', async () => {
    const dir = copyOf(clean);
    const effect = release.verdict?.effect ?? 0;
    tamperHistory(dir, pathOf(release), (text) => text.replace(`"effect": ${effect}`, `"effect": ${effect + 0.1}`));
    const { code, issues } = await issuesOf(dir);
    expect(code).toBe(6);
    expect(issues).toContainEqual(
      expect.objectContaining({ file: pathOf(release), field: 'verdict.effect', expected: String(effect) }),
    );
    const text = (await optimize(dir, 'verify')).stdout;
    expect(text).toMatch(
      /DISAGREES \(V1\) runs\/\S+, verdict\.effect \(commit [0-9a-f]{12}\): expected \S+, found \S+/,
    );
  });

  it('plays the nights again when asked to, and says which it cannot', async () => {
    const dir = copyOf(clean);
    const whole = await optimize(dir, 'verify --rescore');
    expect([whole.code, whole.stdout]).toEqual([0, expect.stringMatching(/verified at V1, V4/)]);
    const anew = await optimize(dir, 'verify --rerun 6');
    expect([anew.code, anew.stdout]).toEqual([
      0,
      expect.stringMatching(/12 of 12 rollouts of my-shop came out as recorded \(sim:medium, SIMULATED\)/),
    ]);
    // A forger who changes a score, and the verdict and all records after it: nothing that is
    // stored disagrees.
    const [before] = decisionsOf(dir, 'my-shop').filter(({ gate }) => gate?.stage === 'keep') as [AnyFields];
    const gate = structuredClone(before.gate) as NonNullable<AnyFields['gate']>;
    const pair = gate.pairs.find(({ after }) => after[0] === 0) as unknown as { after: number[] };
    pair.after[0] = 1;
    const forged = { ...before, gate, verdict: recompute(gate) } as Decision;
    tamperHistory(dir, pathOf(before), () => decisionText(forged));
    const issues = async (args: string) =>
      (JSON.parse((await optimize(dir, `verify --json ${args}`)).stdout) as VerifyReport).issues.map(
        ({ level, field }) => `${level} ${field}`,
      );
    expect(await issues('')).not.toContain('V4 decisions');
    expect(await issues('--rescore')).toContain('V4 decisions');
    const bare = copyOf(clean);
    rmSync(join(bare, 'runs/my-shop-0001'), { recursive: true });
    const gone = await optimize(bare, 'verify --rescore');
    expect([gone.code, gone.stdout]).toEqual([2, expect.stringMatching(/could not check runs\/my-shop-0001/)]);
  });

  it('plays audits again as well, and leaves nothing out that holds a score', async () => {
    const dir = copyOf(clean);
    await optimize(dir, 'audit --env my-shop --tasks 40');
    const whole = await optimize(dir, 'verify --rescore');
    expect([whole.code, whole.stdout]).toEqual([0, expect.stringMatching(/verified at V1, V4/)]);
    expect(whole.stdout).not.toMatch(/scores that were forged/);
    const audit = decisionsOf(dir, 'my-shop').at(-1) as AnyFields;
    const gate = structuredClone(audit.gate) as NonNullable<AnyFields['gate']>;
    for (const pair of gate.pairs as unknown as { after: number[] }[])
      pair.after = pair.after.map((score) => 1 - score);
    const forged = copyOf(dir);
    tamperHistory(forged, pathOf(audit), () => decisionText({ ...audit, gate, verdict: recompute(gate) } as Decision));
    const { code, stdout } = await optimize(forged, 'verify --rescore');
    expect([code, stdout]).toEqual([6, expect.stringMatching(/DISAGREES \(V4\) runs\/audit-\d+\/\S+, gate\.pairs/)]);

    // A night that was never closed holds scores as well.
    const open = copyOf(clean);
    git(open, 'update-ref', BRANCH, `${BRANCH}~1`);
    const cut = await optimize(open, 'verify --rescore');
    expect([cut.code, cut.stdout]).toEqual([2, expect.stringMatching(/could not check runs\/my-shop-0001: .*its end/)]);
    expect(cut.stdout).toMatch(/scores that were forged/);
  });

  it('names a harness file that was changed without a decision', async () => {
    const dir = copyOf(clean);
    const path = 'harness/my-shop/contract.yaml';
    const commit = tamperLater(dir, path, (text) => text.replace('waiting', 'Waiting'));
    const { code, issues } = await issuesOf(dir);
    expect(code).toBe(6);
    expect(issues).toContainEqual(expect.objectContaining({ file: path, commit }));
  });

  it('names a harness file that is not what the edits of its decision make', async () => {
    const dir = copyOf(clean);
    tamperHistory(dir, 'harness/my-shop/contract.yaml', (text) => text.replace('waiting', 'Waiting'));
    const { code, issues } = await issuesOf(dir);
    expect(code).toBe(6);
    expect(issues.some(({ file, field }) => `${file} ${field}`.includes('contract.yaml'))).toBe(true);
  });

  it('names a release tag that was moved', async () => {
    const dir = copyOf(clean);
    git(dir, 'tag', '-f', 'harness/my-shop/v1', 'main');
    const { code, issues } = await issuesOf(dir);
    expect(code).toBe(6);
    expect(issues).toContainEqual(expect.objectContaining({ file: 'refs/tags/harness/my-shop/v1', field: 'commit' }));
  });

  it('says what it could not check', async () => {
    const dir = copyOf(clean);
    git(dir, 'tag', '-d', 'harness/my-shop/v1');
    const { code, stdout } = await optimize(dir, 'verify');
    expect(code).toBe(2);
    expect(stdout).toMatch(/could not check .*v1: the tag is not in this clone/);
    const none = await optimize(dir, 'verify --env nothing');
    expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/no branch optimize\/nothing/)]);
  });
});
