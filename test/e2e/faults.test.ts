/**
 * What a person and a script see when an endpoint fails: one line, the exit code, and a night that
 * stands or goes on.
 */
import { describe, expect, it } from 'vitest';
import { FAULTS, openFaultServer } from '../../src/models/fault-server.fixture.ts';
import { type Outcome, optimize, read, runsOf, shopRepository, write } from './cli.ts';
import { openFakeEndpoint } from './fake-endpoint.ts';

const done = {
  content: '',
  tool_calls: [{ id: 'c', function: { name: 'done', arguments: '{"summary":"Done."}' } }],
};
const entry = (name: string, url: string) =>
  `  ${name}:\n    model: ${name}\n    base_url: ${url}\n    retries: 0\n    timeout_s: 0.5\n    price: {input: 1, output: 2, date: 2026-11-21, source: a test}\n`;

/** `optimize run` on eight tasks; the fault happens from the fourth call on. */
async function run(name: string, flags = ''): Promise<Outcome> {
  const fault = FAULTS[name];
  const server = await openFaultServer({
    answer: () => done,
    ...(fault ? { fault } : {}),
    faulty: (call) => call >= 3,
  });
  const dir = await shopRepository();
  write(dir, { 'models.yaml': `version: 1\nmodels:\n${entry('faulty', server.url)}` });
  const outcome = await optimize(dir, `run --env my-shop --split train --tasks 12 --model faulty --json ${flags}`);
  server.close();
  return outcome;
}

const ENDS: Readonly<Record<string, readonly [code: number, says: RegExp]>> = {
  '401': [2, /refused the key/],
  'no credit': [1, /no credit left/],
  '404': [2, /check --base-url/],
  'absurd usage': [1, /more than it was sent and allowed/],
  'another model': [1, /now serves "another"/],
  'no usage': [0, /^$/],
  'negative usage': [0, /^$/],
  'cut by length': [0, /^$/],
  // A fault of that request: its rollouts are void, and said to be.
  'too long': [0, /^$/],
  'too long, said elsewhere': [0, /^$/],
  moderated: [0, /^$/],
  'kept back by a filter': [0, /^$/],
};

describe.concurrent('a run whose endpoint fails for good', () => {
  it.each(Object.keys(FAULTS))('%s', async (name) => {
    const [code, says] = ENDS[name] ?? [1, /rollouts in a row got no answer \(.+\); check the endpoint/];
    const { code: exit, stderr, stdout } = await run(name);
    const lines = stderr.split('\n').filter((line) => line.startsWith('optimize:'));
    expect([exit, lines.join('\n')]).toEqual([code, expect.stringMatching(says)]);
    expect([lines.length, stderr.includes('    at ')]).toEqual([code === 0 ? 0 : 1, false]);
    for (const line of stdout.trimEnd().split('\n')) JSON.parse(line);
  });

  it('stops at its cap of money before it is passed', async () => {
    const { code, stderr } = await run('no usage', '--max-usd 0.01');
    expect([code, stderr]).toEqual([5, expect.stringMatching(/would pass the cap of \$0\.01/)]);
  });
});

describe('a night whose proposer fails', () => {
  const night = async (name: string) => {
    const agent = await openFakeEndpoint();
    const fault = FAULTS[name];
    const server = await openFaultServer({ answer: () => done, ...(fault ? { fault } : {}), faulty: () => true });
    const dir = await shopRepository();
    write(dir, { 'models.yaml': `version: 1\nmodels:\n${entry('agent', agent.url)}${entry('faulty', server.url)}` });
    const flags = '--env my-shop --tasks 120 --budget 1 --proposer both --model agent --proposer-model faulty --json';
    const outcome = await optimize(dir, flags);
    agent.close();
    server.close();
    return { ...outcome, dir };
  };

  it.each(['503', 'slow drip', 'a page with 200'])('goes on with what mine found: %s', async (name) => {
    const { code, stdout, dir } = await night(name);
    expect(code).toBe(0);
    const learned = stdout.split('\n').find((line) => line.includes('"type":"learned"'));
    expect(learned).toMatch(
      /reflect, .*(?:HTTP 503|no whole reply within 0\.5 s|without a message \(it was no JSON\))/,
    );
    expect(read(dir, `runs/${runsOf(dir)[0]}/report.md`)).toMatch(/released/i);
  });

  it.each([
    ['401', 2, /refused the key/],
    ['no credit', 1, /no credit left/],
  ])('ends where a person has to act: %s', async (name, code, says) => {
    const outcome = await night(name);
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringMatching(says)]);
  });
});
