/**
 * A night with a model behind an OpenAI-compatible endpoint: what is asked, what is kept, and what
 * never leaves the process.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomOf } from '../../src/digest.ts';
import type { Trace } from '../../src/types.ts';
import {
  decisionsOf,
  eventsOf,
  git,
  type Outcome,
  optimize,
  read,
  runsOf,
  shopRepository,
  summaryOf,
  THOROUGH,
  timeless,
} from './cli.ts';
import { type FakeEndpoint, openFakeEndpoint } from './fake-endpoint.ts';

const CANARY = 'sk-canary-5d1f0c7ae2';
const NIGHT = '--env my-shop --tasks 120 --budget 1 --model openai:fake --price-in 1 --price-out 2';
const KILLS = THOROUGH ? 10 : 1;
/** US dollars of one call at those prices. */
const CALL_USD = (1000 * 1 + 100 * 2) / 1e6;

describe('a night with a model', () => {
  let endpoint: FakeEndpoint;
  let dir: string;
  let night: Outcome;
  let rollouts: Trace[];
  beforeAll(async () => {
    endpoint = await openFakeEndpoint();
    dir = await shopRepository();
    night = await optimize(dir, `${NIGHT} --base-url ${endpoint.url} --json`, { env: { OPENAI_API_KEY: CANARY } });
    rollouts = read(dir, 'runs/my-shop-0001/rollouts.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { trace: Trace }).trace);
  });
  afterAll(() => endpoint.close());

  it('learns from its failures and releases what helps', () => {
    expect(night.stderr).not.toMatch(/SIMULATED/);
    expect(summaryOf(night)).toMatchObject({ agent: 'openai:fake', simulated: false, voids: 0, kept: 1 });
    expect(summaryOf(night).released?.version).toBe('v1');
    expect(night.code).toBe(0);
    const page = read(dir, 'runs/my-shop-0001/report.md');
    expect(page).toMatch(/Agent openai:fake\./);
    expect(page).not.toMatch(/SIMULATED/);
    const patterns = decisionsOf(dir, 'my-shop').flatMap(({ causes = [] }) => causes.map(({ pattern }) => pattern));
    expect(patterns).toEqual(expect.arrayContaining(['missing_prefix', 'wrong_state']));
  });

  it('records who answered', () => {
    for (const { kind, who, limits = [] } of decisionsOf(dir, 'my-shop')) {
      // What a night runs under is noted before it asks anything.
      const served = kind === 'settings' ? 'openai:fake' : 'fake-served';
      expect(who).toMatchObject({ agent: 'openai:fake', served, simulated: false });
      expect(limits.join()).not.toMatch(/simulated/);
    }
  });

  it('asks with temperature 0 and is told everything in the request', () => {
    expect(endpoint.requests.length).toBeGreaterThan(100);
    for (const { temperature, model, tools } of endpoint.requests) {
      expect([temperature, model]).toEqual([0, 'fake']);
      expect(tools?.map((tool) => tool.function.name)).toEqual([
        'get_parcel',
        'send_parcel',
        'redirect_parcel',
        'done',
      ]);
    }
    // A request holds what a person would see; a task's target and its tags are not in it.
    expect(JSON.stringify(endpoint.requests)).not.toMatch(
      /"status\\*":\\*"(?:waiting|travelling)\\*",\\*"town\\*":\\*"(?!Depot)/,
    );
  });

  it('finds out that the agent repeats itself, and plays one trial a task', () => {
    const release = decisionsOf(dir, 'my-shop').find(({ kind }) => kind === 'release');
    expect(release?.verdict).toMatchObject({ test: 'sign', tasks: 30, rollouts: 60 });
    for (const pair of release?.gate?.pairs ?? []) expect([pair.before.length, pair.after.length]).toEqual([1, 1]);
    const trials = rollouts.filter(({ split, trial }) => split === 'dev' && trial === 1);
    expect(trials).toHaveLength(20);
  });

  it('keeps every trace with its steps, prompt and usage', () => {
    expect(rollouts.length).toBe(summaryOf(night).rollouts);
    for (const { steps, prompt, model, usage, score } of rollouts) {
      expect(steps.filter(({ kind }) => kind === 'model').length).toBe(usage.calls);
      expect(steps.at(-1)?.kind).toBe('end');
      expect([prompt.system.length > 0, model, score === null]).toEqual([true, 'fake-served', false]);
    }
  });

  it('counts what it spent, call by call', () => {
    expect(summaryOf(night).usd).toBeCloseTo(endpoint.requests.length * CALL_USD, 6);
  });

  it('sends the key to the endpoint and nowhere else, although the endpoint repeats it', () => {
    expect([...endpoint.keys]).toEqual([`Bearer ${CANARY}`]);
    expect(JSON.stringify(rollouts)).toContain('Called with Bearer [secret].');
    expect(night.stdout + night.stderr).not.toContain(CANARY);
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const leaks = files.filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(CANARY));
    expect(leaks.map(({ name }) => name)).toEqual([]);
    const objects = git(dir, 'cat-file', '--batch-all-objects', '--batch-check=%(objectname) %(objecttype)').split(
      '\n',
    );
    for (const line of objects) {
      const [name, type] = line.split(' ') as [string, string];
      expect(git(dir, 'cat-file', type === 'tree' ? '-p' : type, name)).not.toContain(CANARY);
    }
  });

  it('records where the key went, by its name', async () => {
    const settings = decisionsOf(dir, 'my-shop').find(({ kind }) => kind === 'settings');
    const asked = { model: 'openai:fake', baseUrl: endpoint.url, keyEnv: 'OPENAI_API_KEY' };
    expect(settings).toMatchObject({ settings: { endpoints: [asked] } });
    const text = `asked openai:fake at ${endpoint.url}, key OPENAI_API_KEY`;
    for (const command of ['verify', 'at optimize/my-shop --env my-shop'])
      expect((await optimize(dir, command)).stdout).toContain(text);
  });

  it('verifies without the endpoint', async () => {
    expect((await optimize(dir, 'verify')).code).toBe(0);
  });

  it('asks no question twice', () => {
    const asked = endpoint.requests.map((request) => JSON.stringify(request));
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('plays again from its replies, with no call, and finds a changed reply', async () => {
    const asked = endpoint.requests.length;
    const replay = await optimize(dir, 'replay my-shop-0001 --json');
    expect(JSON.parse(replay.stdout)).toMatchObject({ type: 'replay', run: 'my-shop-0001', calls: asked });
    expect([replay.code, endpoint.requests.length]).toEqual([0, asked]);
    expect(git(dir, 'status', '--porcelain', 'runs')).toBe('');

    const path = join(dir, 'runs/my-shop-0001/replies.jsonl');
    const whole = readFileSync(path, 'latin1');
    writeFileSync(path, whole.slice(0, whole.lastIndexOf('{"key"')));
    const cut = await optimize(dir, 'replay my-shop-0001');
    expect(cut.code).toBe(6);
    writeFileSync(path, whole.replace('"z":"', '"z":"A'));
    const changed = await optimize(dir, 'replay my-shop-0001');
    expect([changed.code, changed.stderr]).toEqual([6, expect.stringMatching(/replies\.jsonl, line \d+:/)]);
    writeFileSync(path, whole);
  });
});

describe('a night with a proposer that thinks', () => {
  it('asks the model, tries what it wrote, records who wrote it, and plays again without it', async () => {
    const endpoint = await openFakeEndpoint();
    const dir = await shopRepository();
    const night = await optimize(
      dir,
      `--env my-shop --tasks 120 --budget 3 --proposer reflect --model openai:fake --base-url ${endpoint.url} --json`,
    );
    const asked = endpoint.requests.filter(({ messages }) => messages[0]?.content?.startsWith('You improve'));
    expect(asked.length).toBeGreaterThan(0);
    expect(JSON.stringify(asked)).not.toContain('#W');
    const candidates = decisionsOf(dir, 'my-shop').filter(({ kind }) => kind === 'candidate');
    expect(candidates.length).toBeGreaterThan(0);
    for (const { who, edits = [] } of candidates) {
      expect(who.proposer).toBe('reflect, openai:fake');
      for (const { proposer } of edits) expect(proposer).toBe('reflect');
    }
    expect([0, 3]).toContain(night.code);
    endpoint.close();
    const replay = await optimize(dir, 'replay my-shop-0001');
    expect([replay.stderr, replay.code]).toEqual(['', 0]);
    expect((await optimize(dir, 'verify')).code).toBe(0);
  });

  it.each([
    ['--proposer reflect', /reflect needs a model that thinks/],
    ['--proposer-model openai:x', /--proposer-model needs --proposer reflect or both/],
  ])('refuses %s with the simulated agent', async (flags, says) => {
    const outcome = await optimize(await shopRepository(), `--env my-shop --tasks 120 --budget 1 ${flags}`);
    expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringMatching(says)]);
  });
});

describe('a night that is killed again and again', () => {
  it('pays no call twice, keeps to what it decided, and counts what was cut off', async () => {
    const endpoint = await openFakeEndpoint();
    const undisturbed = await shopRepository();
    const whole = await optimize(undisturbed, `${NIGHT} --proposer both --base-url ${endpoint.url} --json`);
    const total = endpoint.requests.length;
    endpoint.close();

    const port = Number(new URL(endpoint.url).port);
    const again = await openFakeEndpoint(port);
    const dir = await shopRepository();
    const random = randomOf(20, 'kills');
    const moments = Array.from({ length: KILLS }, () => 1 + Math.floor(random() * total)).sort((a, b) => a - b);
    let dropped = 0;
    for (const moment of [...moments, Number.POSITIVE_INFINITY]) {
      const controller = new AbortController();
      again.intercept = () => {
        if (again.answered.length + 1 < moment) return false;
        dropped += 1;
        controller.abort();
        return true;
      };
      const outcome = await optimize(dir, `${NIGHT} --proposer both --base-url ${endpoint.url} --json`, {
        kill: controller.signal,
      });
      if (moment !== Number.POSITIVE_INFINITY) expect(outcome.code).toBe(null);
      else
        expect([outcome.code, timeless(decisionsOf(dir, 'my-shop'))]).toEqual([
          whole.code,
          timeless(decisionsOf(undisturbed, 'my-shop')),
        ]);
    }
    expect(dropped).toBeGreaterThanOrEqual(KILLS);
    const paid = again.answered.map((request) => JSON.stringify(request));
    expect([paid.length, new Set(paid).size]).toEqual([total, total]);
    again.close();
  });
});

describe('limits of an endpoint', () => {
  it('never spends more than --max-usd', async () => {
    const endpoint = await openFakeEndpoint();
    const dir = await shopRepository();
    const cap = 0.05;
    const night = await optimize(dir, `${NIGHT} --base-url ${endpoint.url} --max-usd ${cap} --json`);
    expect(endpoint.requests.length).toBeGreaterThan(10);
    expect(endpoint.requests.length * CALL_USD).toBeLessThanOrEqual(cap);
    expect(night.code).toBe(5);
    expect(night.stderr).toMatch(/would pass the cap of \$0\.05/);
    endpoint.close();
  });

  it('ends with a page when the money is gone in the middle, and what was decided stands', async () => {
    const endpoint = await openFakeEndpoint();
    const dir = await shopRepository();
    const cap = 0.36;
    const night = await optimize(dir, `${NIGHT} --base-url ${endpoint.url} --max-usd ${cap} --json`);
    expect(endpoint.requests.length * CALL_USD).toBeLessThanOrEqual(cap);
    expect(summaryOf(night)).toMatchObject({ released: null, candidates: 1, kept: 1 });
    expect(summaryOf(night).outcome).toMatch(/^stopped before the end: .*the cap of \$0\.36/);
    expect(night.code).toBe(3);
    expect(read(dir, 'runs/my-shop-0001/report.md')).toMatch(/No release: stopped before the end/);
    expect(decisionsOf(dir, 'my-shop').filter(({ gate }) => gate)).toHaveLength(1);
    expect((await optimize(dir, 'verify')).code).toBe(0);
    endpoint.close();
  });

  it('stops soon when it dies, keeps what was paid, and goes on when it is back', async () => {
    const first = await openFakeEndpoint();
    const dir = await shopRepository();
    const port = Number(new URL(first.url).port);
    const dead = await optimize(dir, `${NIGHT} --base-url ${first.url} --json`, {
      onLine(line) {
        if (line.startsWith('{"type":"phase","phase":"learn"')) first.breakDown();
      },
    });
    expect(dead.code).toBe(1);
    expect(dead.stderr).toMatch(
      /5 rollouts in a row got no answer \(HTTP 503: .*overloaded.*\); check the endpoint, then type the same command again/,
    );
    expect(eventsOf(dead).some(({ type }) => type === 'decision')).toBe(false);
    const paid = first.requests.length;
    first.close();
    const second = await openFakeEndpoint(port);
    const night = await optimize(dir, `${NIGHT} --base-url ${second.url} --json`);
    expect(eventsOf(night)[0]).toMatchObject({ type: 'start', resumed: true });
    expect(night.code).toBe(0);
    expect(runsOf(dir)).toEqual(['my-shop-0001']);
    expect(summaryOf(night).usd).toBeCloseTo((paid + second.requests.length) * CALL_USD, 2);
    second.close();
  });
});
