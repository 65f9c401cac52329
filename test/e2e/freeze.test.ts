/**
 * Nights stop until a person lets them run again: by command, and by what a person has to see
 * first.
 */
import { describe, expect, it } from 'vitest';
import { FAULTS, openFaultServer } from '../../src/models/fault-server.fixture.ts';
import {
  decisionsOf,
  git,
  optimize,
  RELEASING,
  refsOf,
  releasedRepository,
  runsOf,
  shopRepository,
  summaryOf,
  write,
} from './cli.ts';
import { refuse } from './refusal.ts';

const DONE = {
  content: '',
  tool_calls: [{ id: 'c', function: { name: 'done', arguments: '{"summary":"Done."}' } }],
};

describe.concurrent('freeze', () => {
  it('lets no night run and spends nothing until it is lifted; what was released can still be put into force', async () => {
    const dir = await releasedRepository();
    const frozen = await optimize(dir, 'freeze --env my-shop --reason incident-7');
    expect([frozen.code, frozen.stdout]).toEqual([0, expect.stringMatching(/my-shop is frozen \(decision \d+\)/)]);
    await refuse(dir, RELEASING, 7, /my-shop is frozen since decision \d+ .*: incident-7; .*optimize unfreeze/);
    expect(runsOf(dir)).toEqual(['my-shop-0001']);
    // Freezing twice adds nothing.
    const refs = refsOf(dir);
    expect((await optimize(dir, 'freeze --env my-shop --reason again')).code).toBe(0);
    expect(refsOf(dir)).toBe(refs);
    expect((await optimize(dir, 'apply --env my-shop')).code).toBe(0);
    expect((await optimize(dir, 'unfreeze --env my-shop --reason settled')).code).toBe(0);
    await refuse(dir, 'unfreeze --env my-shop --reason settled', 2, /my-shop is not frozen/);
    expect([0, 3]).toContain((await optimize(dir, RELEASING)).code);
    expect((await optimize(dir, 'verify')).code).toBe(0);
    const kinds = decisionsOf(dir, 'my-shop').map(({ kind, why }) => [kind, why ?? null]);
    expect(kinds).toContainEqual(['freeze', 'incident-7']);
    expect(kinds).toContainEqual(['unfreeze', 'settled']);
  });

  it('a night that was cut off before a freeze does not go on into it: a new one begins', async () => {
    const dir = await shopRepository();
    const cut = await optimize(dir, `${RELEASING} --json`, {
      onLine(line, kill) {
        if (line.startsWith('{"type":"learned"')) kill('SIGKILL');
      },
    });
    expect(cut.code).toBe(null);
    for (const word of ['freeze', 'unfreeze'])
      expect((await optimize(dir, `${word} --env my-shop --reason x`)).code).toBe(0);
    const next = await optimize(dir, `${RELEASING} --json`);
    expect([0, 3], next.stderr).toContain(next.code);
    expect(summaryOf(next).run).toBe('my-shop-0002');
    expect((await optimize(dir, 'verify')).code).toBe(0);
  });

  it('an endpoint that changes its model in a night freezes the environment', async () => {
    const fault = FAULTS['another model'];
    const server = await openFaultServer({
      answer: () => DONE,
      ...(fault ? { fault } : {}),
      faulty: (call) => call >= 30,
    });
    const dir = await shopRepository();
    const night = `--env my-shop --tasks 120 --budget 1 --model openai:one --base-url ${server.url}`;
    const cut = await optimize(dir, night);
    expect([cut.code, cut.stderr]).toEqual([1, expect.stringMatching(/now serves "another"/)]);
    await refuse(dir, night, 7, /my-shop is frozen since decision 1 .*now serves "another"/);
    server.close();
  });

  it.each([
    ['absurd usage', 1],
    ['no credit', 4],
  ] as const)('%s at the endpoint: only what a person can check freezes', async (name, tries) => {
    const fault = FAULTS[name];
    const server = await openFaultServer({
      answer: () => DONE,
      ...(fault ? { fault } : {}),
      faulty: (call) => call >= 30,
    });
    const dir = await shopRepository();
    const night = `--env my-shop --tasks 120 --budget 1 --model openai:one --base-url ${server.url} --price-in 1 --price-out 1`;
    for (let at = 1; at <= tries; at++) expect((await optimize(dir, night)).code).toBe(1);
    if (name === 'absurd usage') await refuse(dir, night, 7, /my-shop is frozen/, /tokens/);
    server.close();
  });

  it('records that were altered freeze the environment before anything is spent', async () => {
    const dir = await releasedRepository();
    git(dir, 'switch', '-q', 'optimize/my-shop');
    write(dir, { 'harness/my-shop/policy.md': 'Be rude.\n' });
    git(dir, 'commit', '-qam', 'docs: a typo');
    git(dir, 'switch', '-q', 'main');
    const night = await optimize(dir, RELEASING);
    expect([night.code, night.stderr]).toEqual([6, expect.stringMatching(/policy\.md, sha256; my-shop is frozen/)]);
    expect(runsOf(dir)).toEqual(['my-shop-0001']);
    await refuse(dir, RELEASING, 7, /my-shop is frozen since decision/);
    // What a person has looked at freezes no more; `verify` goes on saying it.
    expect((await optimize(dir, 'unfreeze --env my-shop --reason seen')).code).toBe(0);
    const next = await optimize(dir, RELEASING);
    expect([0, 3], next.stderr).toContain(next.code);
    expect((await optimize(dir, 'verify')).code).toBe(6);
  });

  it('needs a reason, which holds no key of the process', async () => {
    const dir = await shopRepository();
    await refuse(dir, 'freeze --env my-shop', 2, /--reason/);
    const env = { OPENAI_API_KEY: 'sk-canary-0123456789abcdef' };
    expect((await optimize(dir, `freeze --env my-shop --reason saw-${env.OPENAI_API_KEY}`, { env })).code).toBe(0);
    expect(git(dir, 'log', '-1', '-p', 'optimize/my-shop')).not.toContain(env.OPENAI_API_KEY);
  });
});
