/**
 * Four eyes through the command: what a policy asks of a release before it comes into force, and
 * what a night must not take over by itself.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { copyOf, decisionsOf, git, newFolder, optimize, RELEASING, read, shopRepository, write } from './cli.ts';
import { refuse, refuseAs } from './refusal.ts';

const POLICY = 'evals/my-shop/policy.yaml';
const ENVIRONMENT = 'evals/my-shop/environment.js';

/** Keys in a folder of their own, as `env` of a command. */
async function keysOf(dir: string, role: string, principal: string): Promise<Record<string, string>> {
  const env = { OPTIMIZE_KEYS: join(newFolder(), 'keys') };
  await optimize(dir, `keys init --role ${role} --principal ${principal}`, { env });
  return env;
}

async function trustOf(dir: string, ...envs: Record<string, string>[]): Promise<string> {
  const keys = [];
  for (const env of envs) keys.push(...JSON.parse((await optimize(dir, 'keys list --trust', { env })).stdout).keys);
  const file = join(newFolder(), 'trust.json');
  writeFileSync(file, JSON.stringify({ version: 1, keys, signedFrom: { 'my-shop': 1 } }));
  return file;
}

describe.concurrent('mode propose', () => {
  let dir: string;
  let bot: Record<string, string>;
  let kim: Record<string, string>;
  let lee: Record<string, string>;
  beforeAll(async () => {
    dir = await shopRepository();
    write(dir, { [POLICY]: 'version: 1\nmode: propose\napproval: {needed: 2, by: [kim, lee]}\n' });
    git(dir, 'add', '-A');
    git(dir, 'commit', '-qm', 'two persons');
    [bot, kim, lee] = [
      await keysOf(dir, 'bot', 'nightly'),
      await keysOf(dir, 'person', 'kim'),
      await keysOf(dir, 'person', 'lee'),
    ];
    const { code, stderr } = await optimize(dir, RELEASING, { env: bot });
    expect(code, stderr).toBe(0);
  });

  it('puts a release into force once the persons that the policy names approved it', async () => {
    const shop = copyOf(dir);
    const say = (word: string, env: Record<string, string>) =>
      optimize(shop, `${word} v1 --env my-shop --reason read`, { env });
    await refuse(shop, `${RELEASING} --apply`, 2, /mode is propose/);
    expect(read(shop, 'runs/my-shop-0001/report.md')).toMatch(/optimize approve v1 .*# 2 persons have to/);
    await refuseAs(bot, shop, 'apply --env my-shop', 2, /2 approvals of kim, lee are needed, nobody has/);
    await refuseAs(bot, shop, 'approve v1 --env my-shop --reason x', 2, /no person's key/);
    await refuseAs(
      await keysOf(shop, 'person', 'kai'),
      shop,
      'approve v1 --env my-shop --reason x',
      2,
      /kai is none of those/,
    );
    expect((await say('approve', kim)).stdout).toMatch(/kim approves v1[\s\S]*only kim did/);
    // The same person with another key is the same person.
    expect((await say('approve', await keysOf(shop, 'person', 'kim'))).stdout).toMatch(/only kim did/);
    await refuseAs(bot, shop, 'apply --env my-shop', 2, /only kim did/);
    expect((await say('reject', lee)).stdout).toMatch(/lee rejected it: read/);
    await refuseAs(bot, shop, 'apply --env my-shop', 2, /lee rejected it/);
    expect((await say('approve', lee)).stdout).toMatch(/it may come into force/);
    expect((await optimize(shop, 'apply --env my-shop', { env: bot })).code).toBe(0);
    expect((await optimize(shop, 'verify')).stdout).toMatch(/every decision agrees/);
    expect((await optimize(shop, `verify --trust ${await trustOf(shop, bot, kim, lee)}`)).stdout).toMatch(/keyid/);
  });

  it('a freeze is lifted by a person', async () => {
    const shop = copyOf(dir);
    expect((await optimize(shop, 'freeze --env my-shop --reason incident', { env: bot })).code).toBe(0);
    await refuseAs(bot, shop, 'unfreeze --env my-shop --reason settled', 2, /no person's key/);
    expect((await optimize(shop, 'unfreeze --env my-shop --reason settled', { env: kim })).code).toBe(0);
    expect((await optimize(shop, `verify --trust ${await trustOf(shop, bot, kim)}`)).code).toBe(0);
    expect((await optimize(shop, `verify --trust ${await trustOf(shop, bot)}`)).code).toBe(6);
  });

  it('only those who approve can adopt a policy that asks for less', async () => {
    const shop = copyOf(dir);
    write(shop, { [POLICY]: 'version: 1\n' });
    await refuseAs(bot, shop, 'adopt --env my-shop', 2, /only kim, lee can adopt.*no person's key/);
    await refuseAs(await keysOf(shop, 'person', 'kai'), shop, 'adopt --env my-shop', 2, /the key here is that of kai/);
    expect((await optimize(shop, 'adopt --env my-shop', { env: kim })).stdout).toMatch(
      /mode was propose and is direct/,
    );
  });

  it('is verified against the keys of persons', async () => {
    const shop = copyOf(dir);
    for (const env of [kim, lee]) await optimize(shop, 'approve --env my-shop --reason read', { env });
    await optimize(shop, 'apply --env my-shop', { env: bot });
    const good = await optimize(shop, `verify --trust ${await trustOf(shop, bot, kim, lee)}`);
    expect([good.code, good.stdout]).toEqual([0, expect.stringMatching(/verified at V1 and V2|V2/)]);
    // Whoever calls a bot's key a person's in the repository is found out by the trust file.
    const file = await trustOf(shop, bot, kim, lee);
    writeFileSync(file, read('/', file).replace('"role":"person","principal":"lee"', '"role":"bot","principal":"lee"'));
    const bad = await optimize(shop, `verify --trust ${file}`);
    expect([bad.code, bad.stdout]).toEqual([6, expect.stringMatching(/signer .*expected a person's key/)]);
  });

  it('counts an approval by the keys that are trusted, where apply is told which', async () => {
    const shop = copyOf(dir);
    const trust = await trustOf(shop, bot, kim, lee);
    const start = git(shop, 'rev-parse', 'main');
    for (const name of ['kim', 'lee']) {
      const forged = await keysOf(shop, 'person', name);
      await optimize(shop, 'approve --env my-shop --reason read', { env: forged });
    }
    await refuseAs(bot, shop, `apply --env my-shop --trust ${trust}`, 6, /nothing was applied: .*signer|keyid/);
    expect(git(shop, 'rev-parse', 'main')).toBe(start);
    const named = await optimize(copyOf(shop), 'apply --env my-shop', { env: bot });
    expect([named.code, named.stdout]).toEqual([0, expect.stringMatching(/counted by the names in the records/)]);

    const good = copyOf(dir);
    for (const env of [kim, lee]) await optimize(good, 'approve --env my-shop --reason read', { env });
    const done = await optimize(good, `apply --env my-shop --trust ${trust}`, { env: bot });
    expect([done.code, done.stdout]).toEqual([0, expect.stringMatching(/v1 .*is in force on main/)]);
  });
});

describe.concurrent('what came into force by another way than apply', () => {
  let dir: string;
  let bot: Record<string, string>;
  let kim: Record<string, string>;
  beforeAll(async () => {
    dir = await shopRepository();
    write(dir, { [POLICY]: 'version: 1\nmode: propose\n' });
    git(dir, 'add', '-A');
    git(dir, 'commit', '-qm', 'one person');
    [bot, kim] = [await keysOf(dir, 'bot', 'nightly'), await keysOf(dir, 'person', 'kim')];
    expect((await optimize(dir, RELEASING, { env: bot })).code).toBe(0);
  });
  const deployed = (shop: string, trust: string) =>
    optimize(shop, `verify --trust ${trust} --deployed harness/my-shop`);

  it('a merge is found, and apply refuses to call it in force', async () => {
    const shop = copyOf(dir);
    const trust = await trustOf(shop, bot, kim);
    git(shop, 'merge', '-q', 'optimize/my-shop');
    const merged = await deployed(shop, trust);
    expect([merged.code, merged.stdout]).toEqual([
      6,
      expect.stringMatching(/approval .*: expected .* found 1 approval is needed/),
    ]);
    await refuseAs(bot, shop, 'apply --env my-shop', 2, /may not come into force: 1 approval/);
    await optimize(shop, 'approve --env my-shop --reason read', { env: kim });
    expect((await optimize(shop, 'apply --env my-shop', { env: bot })).stdout).toMatch(/is in force on main/);
    expect((await deployed(shop, trust)).code).toBe(0);
    expect((await optimize(shop, 'apply --env my-shop', { env: bot })).stdout).toMatch(/was in force on main already/);
    // Under another name of the branch it is put into force again, and can be checked.
    git(shop, 'branch', '-m', 'main', 'trunk');
    expect((await optimize(shop, 'apply --env my-shop', { env: bot })).stdout).toMatch(/is in force on trunk/);
    expect((await deployed(shop, trust)).stdout).toMatch(/as deployed from branch trunk/);
  });

  it('an approval is over with the key that signed it, and a refused candidate is nothing that may be deployed', async () => {
    const shop = copyOf(dir);
    const sam = await keysOf(shop, 'person', 'sam');
    await optimize(shop, 'approve --env my-shop --reason read', { env: kim });
    const approved = decisionsOf(shop, 'my-shop').at(-1);
    const revoked = copyOf(shop);
    const revoke = `keys revoke ${approved?.signer} --env my-shop --from ${approved?.seq}`;
    expect((await optimize(revoked, revoke, { env: sam })).code).toBe(0);
    await refuseAs(bot, revoked, 'apply --env my-shop', 2, /1 approval/);

    expect((await optimize(shop, 'apply --env my-shop', { env: bot })).code).toBe(0);
    const file = 'harness/my-shop/contract.yaml';
    write(shop, { [file]: `${read(shop, file)}# not tried\n` });
    git(shop, 'commit', '-qam', 'quiet change');
    const found = await optimize(shop, 'verify --deployed harness/my-shop');
    expect([found.code, found.stdout]).toEqual([6, expect.stringMatching(/edits that no decision has taken in/)]);
  });

  it('what gives up a permission or the policy by hand is adopted by those who approve', async () => {
    const shop = copyOf(dir);
    await optimize(shop, 'approve --env my-shop --reason read', { env: kim });
    await optimize(shop, 'apply --env my-shop', { env: bot });
    write(shop, { 'harness/my-shop/policy.md': 'Anything goes.\n' });
    await refuseAs(bot, shop, 'adopt --env my-shop', 2, /only a person can adopt .*policy\.md is another text/);
    expect((await optimize(shop, 'adopt --env my-shop', { env: kim })).stdout).toMatch(/policy\.md is another text/);
    expect((await optimize(shop, `verify --trust ${await trustOf(shop, bot, kim)}`)).code).toBe(0);
  });
});

describe.concurrent('settings', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await shopRepository();
    write(dir, { [POLICY]: 'version: 1\nmax_increase: {tokens: 0.5}\n' });
    git(dir, 'add', '-A');
    git(dir, 'commit', '-qm', 'a policy');
    expect((await optimize(dir, `${RELEASING}`)).code).not.toBe(2);
  });

  it('a night records what it runs under, once', async () => {
    const shop = copyOf(dir);
    await optimize(shop, `${RELEASING}`);
    const settings = decisionsOf(shop, 'my-shop').filter(({ kind }) => kind === 'settings');
    expect(settings).toHaveLength(1);
    expect(settings[0]?.settings).toMatchObject({
      policy: { max_increase: { tokens: 0.5 } },
      tasks: expect.any(Array),
    });
    write(shop, { [POLICY]: 'version: 1\nmax_increase: {tokens: 0.2}\n' });
    await optimize(shop, `${RELEASING}`);
    expect(decisionsOf(shop, 'my-shop').filter(({ kind }) => kind === 'settings')).toHaveLength(2);
    expect((await optimize(shop, 'verify')).code).toBe(0);
  });

  it('stops at a policy that asks for less, until a person adopts it', async () => {
    const shop = copyOf(dir);
    write(shop, { [POLICY]: 'version: 1\n' });
    await refuse(shop, `${RELEASING}`, 2, /max_increase\.tokens was 0\.5 and is gone.*optimize adopt/);
    expect((await optimize(shop, 'adopt --env my-shop')).stdout).toMatch(
      /settings, max_increase\.tokens was 0\.5 and is gone/,
    );
    expect((await optimize(shop, `${RELEASING}`)).code).not.toBe(2);
    expect((await optimize(shop, 'verify')).code).toBe(0);
  });

  it('stops at a held-out task that is another one than it was', async () => {
    const shop = copyOf(dir);
    const text = read(shop, ENVIRONMENT);
    const changed = text.replaceAll('seed + 7', 'seed + 8');
    expect(changed).not.toBe(text);
    write(shop, { [ENVIRONMENT]: changed });
    await refuse(shop, `${RELEASING}`, 2, /sealed task .* is another one than it was/);
  });
});
