/**
 * What an auditor gets: a folder whose verifier, which shares no code with the program, agrees with
 * it and finds what was changed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cleanEnv, decisionsOf, newFolder, optimize, RELEASING, shopRepository } from './cli.ts';
import { refuse } from './refusal.ts';

const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
/**
 * Neither is needed to use the program; where one is missing, the auditor's side cannot be played.
 */
const canVerify = has('python3', '--version') && has('openssl', 'version');

describe('export', () => {
  let dir: string;
  let bundle: string;
  let trust: string;
  const env = () => ({ OPTIMIZE_KEYS: join(bundle, '..', 'keys') });
  beforeAll(async () => {
    dir = await shopRepository();
    bundle = join(newFolder(), 'bundle');
    trust = join(bundle, '..', 'trust.json');
    mkdirSync(join(bundle, '..', 'keys'));
    expect((await optimize(dir, 'keys init --principal nightly', { env: env() })).code).toBe(0);
    const night = await optimize(dir, RELEASING, { env: env() });
    expect(night.code, night.stderr).toBe(0);
    for (const step of ['apply --env my-shop', 'audit --env my-shop --tasks 40', 'rollback --env my-shop --to v1'])
      expect((await optimize(dir, step, { env: env() })).code, step).toBe(0);
    writeFileSync(trust, (await optimize(dir, 'keys list --trust', { env: env() })).stdout);
    const outcome = await optimize(dir, `export --env my-shop --out ${bundle} --sample 5`, { env: env() });
    expect(outcome.code, outcome.stderr).toBe(0);
  });

  const verify = (folder: string, ...args: string[]) => {
    const { status, stdout } = spawnSync('python3', [join(folder, 'verify.py'), ...args], {
      env: { ...cleanEnv },
      encoding: 'utf8',
    });
    return { status, stdout };
  };
  /** A copy of the folder with other bytes in one file. */
  const tampered = (name: string, change: (text: string) => string): string => {
    const copy = join(newFolder(), 'bundle');
    cpSync(bundle, copy, { recursive: true });
    const path = join(copy, name);
    const text = readFileSync(path, 'utf8');
    const changed = change(text);
    expect(changed).not.toBe(text);
    writeFileSync(path, changed);
    return copy;
  };
  const recordOf = (kind: string, version = true): string => {
    const found = decisionsOf(dir, 'my-shop').find(
      (one) => one.kind === kind && (!version || one.verdict?.decision === 'accepted'),
    );
    return `records/${String(found?.seq).padStart(4, '0')}.json`;
  };

  it('holds every record as it is stored, a page without scripts, and a verifier of at most 400 lines', () => {
    const decisions = decisionsOf(dir, 'my-shop');
    const records = readdirSync(join(bundle, 'records'));
    expect(records.filter((name) => name.endsWith('.json'))).toHaveLength(decisions.length);
    expect(records.filter((name) => name.endsWith('.sig'))).toHaveLength(decisions.length);
    const page = readFileSync(join(bundle, 'index.html'), 'utf8');
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('SIMULATED');
    expect(page.match(/<section /g)).toHaveLength(5);
    expect(page).not.toMatch(/<script|javascript:|https?:/i);
    expect(readFileSync(join(bundle, 'verify.py'), 'utf8').split('\n').length).toBeLessThanOrEqual(401);
  });

  it.skipIf(!canVerify)('is verified without the program, with and without keys', () => {
    expect(verify(bundle)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^V1: \d+ decisions, every one agrees/),
    });
    expect(verify(bundle, '--trust', trust)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^V2: /) });
    expect(verify(bundle, '--trust', join(bundle, 'nowhere.json')).status).toBe(2);
  });

  it.skipIf(!canVerify)('a change is found, and named by file and field', () => {
    const release = recordOf('release');
    const candidate = recordOf('candidate');
    const swap = (from: RegExp, to: string) => (text: string) => text.replace(from, to);
    const cases: readonly (readonly [string, (text: string) => string, RegExp])[] = [
      [release, swap(/"decision": "accepted"/, '"decision": "rejected"'), /release.*|verdict\.decision/],
      [release, swap(/"effect": [\d.]+/, '"effect": 0.5'), /verdict\.effect/],
      [release, swap(/"alpha": 0\.02/g, '"alpha": 0.05'), /verdict\.|gate\.options\.alpha/],
      [release, swap(/"after": \[\n\s*1/, '"after": [\n 0'), /verdict\./],
      [candidate, swap(/"inserted": "/, '"inserted": "x'), /subject |child\.harness/],
      [candidate, swap(/"seq": (\d+)/, '"seq": 99'), /seq/],
      [candidate, swap(/"run": "/, '"run": "", "run": "'), /appears twice/],
      [candidate, (text) => text.slice(0, -20), /a decision/],
      ['start.json', swap(/"head": "./, '"head": "x'), /end of the chain/],
    ];
    for (const [name, change, says] of cases) {
      const { status, stdout } = verify(tampered(name, change));
      expect([status, stdout]).toEqual([6, expect.stringMatching(says)]);
    }
  });

  it.skipIf(!canVerify)('a signature that is missing, or is another, is found with the keys', () => {
    const name = recordOf('release').replace('.json', '.sig');
    const other = recordOf('candidate').replace('.json', '.sig');
    const swapped = tampered(name, () => readFileSync(join(bundle, other), 'utf8'));
    expect(verify(swapped).status).toBe(0);
    expect(verify(swapped, '--trust', trust)).toMatchObject({ status: 6, stdout: expect.stringContaining('sig') });
    const typed = tampered(name, (text) => text.replace('in-toto', 'in-t0t0'));
    expect(verify(typed, '--trust', trust).status).toBe(6);
    const stripped = tampered('start.json', (text) => `${text} `);
    execFileSync('rm', [join(stripped, name)]);
    expect(verify(stripped, '--trust', trust)).toMatchObject({
      status: 6,
      stdout: expect.stringMatching(/signature: expected a signature, found none/),
    });
  });

  it('is refused where there is something already, or nothing to export', async () => {
    await refuse(dir, `export --env my-shop --out ${bundle}`, 2, /is already there/);
    await refuse(dir, `export --env my-shop --out ${bundle}/no/such`, 2, /there is no folder/);
    await refuse(
      await shopRepository(),
      'export --env my-shop --out bundle',
      2,
      /no decision is on optimize\/my-shop yet/,
    );
  });
});
