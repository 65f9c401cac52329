/** Keys, signatures and the levels of verify, as a person and a build server use them. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { VerifyReport } from '../../src/ledger/verify/verify.ts';
import {
  copyOf,
  decisionsOf,
  git,
  newFolder,
  optimize,
  RELEASING,
  read,
  refsOf,
  runsOf,
  shopRepository,
  summaryOf,
} from './cli.ts';

/** Everything that a run leaves for others to read. */
const allTexts = (dir: string): string =>
  [
    git(dir, 'log', '--all', '-p', '--format=%B'),
    ...readdirSync(join(dir, 'runs'), { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [readFileSync(join(entry.parentPath, entry.name), 'utf8')] : [],
    ),
  ].join('\n');

describe.concurrent('a signed night', () => {
  let dir: string;
  let keys: string;
  let trust: string;
  let keyid: string;
  beforeAll(async () => {
    dir = await shopRepository();
    keys = join(newFolder(), 'keys');
    const env = { OPTIMIZE_KEYS: keys };
    const made = await optimize(dir, 'keys init --principal nightly --json', { env });
    keyid = (JSON.parse(made.stdout) as { keyid: string }).keyid;
    const { code, stdout } = await optimize(dir, RELEASING, { env });
    if (code !== 0 && code !== 3) throw new Error(stdout);
    trust = join(newFolder(), 'trust.json');
    writeFileSync(trust, (await optimize(dir, 'keys list --trust', { env })).stdout);
  });

  it('signs every decision, and says with which key', () => {
    expect(decisionsOf(dir, 'my-shop').map(({ signer }) => signer)).toEqual(
      decisionsOf(dir, 'my-shop').map(() => keyid),
    );
    expect(read(dir, `runs/${runsOf(dir)[0]}/report.md`)).toContain(`Signed with key ${keyid.slice(0, 12)}.`);
    expect(JSON.parse(read(dir, `runs/${runsOf(dir)[0]}/summary.json`))).toMatchObject({ signer: keyid });
  });

  it('keeps the private key for its owner alone, and out of everything', () => {
    const path = join(keys, `${keyid}.pem`);
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    const body = readFileSync(path, 'utf8').split('\n')[1] as string;
    expect(body.length).toBeGreaterThan(40);
    expect(allTexts(dir)).not.toContain(body);
  });

  it('verifies at each level, and not without what a level needs', async () => {
    const [v1, v2, none] = await Promise.all([
      optimize(dir, 'verify'),
      optimize(dir, `verify --trust ${trust}`),
      optimize(dir, 'verify --trust nowhere.json'),
    ]);
    expect([v1.code, v1.stdout]).toEqual([0, expect.stringMatching(/verified at V1\nnot covered: /)]);
    expect([v2.code, v2.stdout]).toEqual([
      0,
      expect.stringMatching(/signed from decision 1 on\n.*verified at V1, V2\n/),
    ]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/found no file.*keys list --trust/)]);
    const line = (await optimize(dir, 'verify --print-anchor')).stdout.trim();
    expect(line).toMatch(/^my-shop \d+ [0-9a-f]{64} [0-9a-f]{40}$/);
    expect(await anchored(dir, line)).toMatchObject({ code: 0, report: { levels: ['V1', 'V3'], issues: [] } });
    const cut = copyOf(dir);
    git(cut, 'update-ref', 'refs/heads/optimize/my-shop', 'optimize/my-shop~1');
    const after = await anchored(cut, line);
    expect(after).toMatchObject({ code: 6 });
    expect(after.report.issues).toContainEqual(expect.objectContaining({ level: 'V3', field: 'seq' }));
  });

  it('cannot be followed by an unsigned one: it ends before it spends', async () => {
    const copy = copyOf(dir);
    const before = [refsOf(copy), runsOf(copy)];
    const gone = await optimize(copy, `${RELEASING} --seed 2`, { env: { OPTIMIZE_KEYS: newFolder() } });
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringMatching(/signed from number 1 on.*optimize keys init/)]);
    const copied = newFolder();
    for (const name of readdirSync(keys)) writeFileSync(join(copied, name), readFileSync(join(keys, name)));
    chmodSync(join(copied, `${keyid}.pem`), 0o644);
    const open = await optimize(copy, `${RELEASING} --seed 2`, { env: { OPTIMIZE_KEYS: copied } });
    expect([open.code, open.stderr]).toEqual([2, expect.stringMatching(/expected mode 0600.*chmod 600/)]);
    for (const command of ['apply', 'rollback --to v1']) {
      const { code } = await optimize(copy, command, { env: { OPTIMIZE_KEYS: newFolder() } });
      expect(code).toBe(2);
    }
    expect([refsOf(copy), runsOf(copy)]).toEqual(before);
  });

  it('goes on with the key of a variable, which nothing repeats', async () => {
    const copy = copyOf(dir);
    const pem = readFileSync(join(keys, `${keyid}.pem`), 'utf8');
    const env = { OPTIMIZE_SIGNING_KEY: pem, OPTIMIZE_KEYS: newFolder() };
    const outcome = await optimize(copy, `${RELEASING} --seed 2 --json`, { env });
    expect(summaryOf(outcome).signer).toBe(keyid);
    expect((await optimize(copy, `verify --trust ${trust}`)).code).toBe(0);
    const body = pem.split('\n')[1] as string;
    expect(allTexts(copy) + outcome.stdout + outcome.stderr).not.toContain(body);
    const wrong = await optimize(copy, `${RELEASING} --seed 3`, { env: { OPTIMIZE_SIGNING_KEY: 'not-a-key-at-all' } });
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/^optimize: OPTIMIZE_SIGNING_KEY: expected .*PEM/),
    ]);
    expect(wrong.stderr).not.toContain('not-a-key-at-all');
  });

  it('rotates and revokes by decisions, which verify follows', async () => {
    const copy = copyOf(dir);
    const copied = newFolder();
    for (const name of readdirSync(keys))
      writeFileSync(join(copied, name), readFileSync(join(keys, name)), { mode: 0o600 });
    const env = { OPTIMIZE_KEYS: copied };
    const rotated = await optimize(copy, 'keys rotate', { env });
    expect([rotated.code, rotated.stdout]).toEqual([
      0,
      expect.stringMatching(/^optimize\/my-shop: key [0-9a-f]{64} follows /),
    ]);
    expect((await optimize(copy, 'keys list', { env })).stdout).toMatch(
      /over on optimize\/my-shop from decision \d+ on/,
    );
    expect((await optimize(copy, 'log', { env })).stdout).toMatch(/key [0-9a-f]{12} is followed by [0-9a-f]{12}/);
    expect((await optimize(copy, 'apply', { env })).code).toBe(0);
    expect(decisionsOf(copy, 'my-shop').at(-1)).toMatchObject({
      kind: 'apply',
      signer: expect.not.stringMatching(keyid),
    });
    expect((await optimize(copy, `verify --trust ${trust}`)).code).toBe(0);
    const revoked = await optimize(copy, `keys revoke ${keyid.slice(0, 8)} --from 2`, { env });
    expect([revoked.code, revoked.stdout]).toEqual([0, expect.stringMatching(/does not count from decision 2 on/)]);
    const report = await optimize(copy, `verify --trust ${trust}`);
    expect([report.code, report.stdout]).toEqual([
      6,
      expect.stringMatching(/DISAGREES \(V2\) runs\/\S+0002\.json, keyid/),
    ]);
  });

  it('never puts a key into the repository', async () => {
    const copy = copyOf(dir);
    const { code, stderr } = await optimize(copy, 'keys init', { env: { OPTIMIZE_KEYS: join(copy, 'keys') } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/a private key must never be/)]);
    expect(existsSync(join(copy, 'keys'))).toBe(false);
  });
});

describe('a night without a key', () => {
  it('says once that it is not signed, and verifies at V1 alone', async () => {
    const dir = await shopRepository();
    const { stdout } = await optimize(dir, RELEASING);
    expect(stdout.match(/not signed/g)).toHaveLength(1);
    expect((await optimize(dir, 'verify')).stdout).toMatch(/, not signed\n.*verified at V1\n/);
    const rotate = await optimize(dir, 'keys rotate');
    expect([rotate.code, rotate.stderr]).toEqual([2, expect.stringMatching(/no decision here is signed/)]);
  });
});

async function anchored(dir: string, line: string): Promise<{ code: number | null; report: VerifyReport }> {
  // The line holds spaces, at which the helper splits.
  const { code, stdout } = await optimize(dir, 'verify --json --anchor', { more: [line] });
  return { code, report: JSON.parse(stdout) as VerifyReport };
}
