import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { workspace } from '../environments/workspace.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { type RecordedCall, recordedAgent, replayAgent } from '../models/replies.ts';
import { harnessOf } from '../runtime/shop.fixture.ts';
import type { Agent, Environment, Harness } from '../types.ts';
import { command } from './command.ts';
import { openEndpoint, type ScriptedEndpoint } from './endpoint.fixture.ts';

const BOT = join(import.meta.dirname, 'bot.fixture.mjs');
const KEY = 'sk-canary-of-this-test-0123456789';
const spend = { reserveUsd: () => {}, settleUsd: () => {} };

/** What the program left in its folder, seen by the scorer. */
let seen: { folder: string; agents: string; task: string; written: string }[] = [];
const words = ['apple', 'pear'];
const environment: Environment = workspace({
  name: 'words',
  tasks: words.map((word) => ({ id: word, input: word, split: 'train' as const })),
  prompt: ({ input }) => `Write the word ${input} into out.txt.`,
  files: ({ input }) => ({ 'notes/in.txt': input }),
  score({ input }, folder) {
    const out = join(folder, 'out.txt');
    const written = existsSync(out) ? readFileSync(out, 'utf8') : '';
    seen.push({
      folder,
      written,
      agents: readFileSync(join(folder, 'AGENTS.md'), 'utf8'),
      task: readFileSync(join(folder, 'TASK.md'), 'utf8'),
    });
    const passed = written === input.toUpperCase();
    return { reward: passed ? 1 : 0, checks: [{ name: 'word', passed }] };
  },
}) as Environment;
const bare = harnessOf({});
const told = harnessOf({ policy: 'Write words in capital letters.' });

let endpoint: ScriptedEndpoint;
beforeEach(async () => {
  seen = [];
  endpoint = await openEndpoint();
  vi.stubEnv('OPENAI_API_KEY', KEY);
  vi.stubEnv('OPTIMIZE_KEY_HOSTS', `OPENAI_API_KEY=127.0.0.1`);
});
afterEach(() => {
  endpoint.close();
  vi.unstubAllEnvs();
});

const open = (line = `node ${BOT}`, options = {}): Promise<Agent> =>
  command(line, { upstream: endpoint.url, timeoutS: 20, ...options })(spend);
const play = (agent: Agent, harness: Harness) => evaluate({ harness, environment, agent, concurrency: 2 });

test('a program plays: the harness reaches its model, the score comes from its folder', async () => {
  const agent = await open();
  const before = await play(agent, bare);
  const after = await play(agent, told);
  expect(before.evaluation.tasks.map(({ rewards }) => rewards)).toEqual([[0], [0]]);
  expect(after.evaluation.tasks.map(({ rewards }) => rewards)).toEqual([[1], [1]]);
  const [trace] = after.traces;
  expect(trace?.steps.map(({ kind }) => kind)).toEqual(['model', 'call', 'result', 'model', 'end']);
  expect(trace?.steps.at(-1)).toEqual({ kind: 'end', ending: { reason: 'text', summary: 'I wrote /rollout/work.' } });
  expect(trace?.usage).toMatchObject({ calls: 2, inputTokens: 20, outputTokens: 4 });
  expect(trace?.model).toBe('m-1');
  expect(seen.map(({ task }) => task)).toContain('Write the word apple into out.txt.\n');
  expect(seen.at(-1)?.agents).toMatch(
    /^Write words in capital letters\.[\s\S]*\n<!-- harness-optimizer: \w+ [0-9a-f]{12} -->\n$/,
  );
  expect(seen.some(({ folder }) => existsSync(folder))).toBe(false);
});

test('the key goes to the endpoint alone, and the model reads neither folder nor time nor process', async () => {
  await play(await open(), bare);
  expect(endpoint.asked.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill(`Bearer ${KEY}`));
  const [first] = endpoint.asked;
  expect(first?.body.messages[0]?.content).toContain('You work in /rollout/work (pid 1). It is 2000-01-01T00:00:00Z.');
  await play(await open('env > out.txt; pwd >> out.txt'), bare);
  const { folder, written = '' } = seen.at(-1) ?? {};
  expect(written).not.toContain(KEY);
  expect(written).toMatch(/^OPENAI_API_KEY=[0-9a-f]{48}$/m);
  expect(written).toContain(`OPTIMIZE_REQUEST=Write the word`);
  expect(written.trimEnd().split('\n').at(-1)).toBe(folder);
  const home = /^HOME=(.+)$/m.exec(written)?.[1] ?? '/';
  expect(existsSync(home)).toBe(false);
});

test('recorded replies play again without the endpoint, with equal traces', async () => {
  const calls = new Map<string, RecordedCall>();
  const store = {
    get: (key: string) => calls.get(key)?.reply,
    put: (key: string, call: RecordedCall) => void calls.set(key, call),
    refusal: () => undefined,
    refuse: () => {},
    calls: function* () {},
    size: 0,
  };
  const agent = await open();
  const live = await play(recordedAgent(agent, store), told);
  endpoint.close();
  const again = await play({ ...replayAgent(agent, store), program: agent.program }, told);
  expect(again.traces.map(({ usage: _, ...trace }) => trace)).toEqual(
    live.traces.map(({ usage: _, ...trace }) => trace),
  );
  expect(calls.size).toBe(4);
});

test('a program that fails or hangs is scored, one without an endpoint is void', async () => {
  const failed = await play(await open('echo half; exit 3'), bare);
  expect(failed.traces[0]?.steps.at(-1)).toEqual({ kind: 'end', ending: { reason: 'stopped', summary: 'half' } });
  const hung = await play(await open('sleep 60 & sleep 60', { timeoutS: 0.2 }), bare);
  expect(hung.traces.map(({ steps }) => steps.at(-1))).toEqual(
    Array(2).fill({ kind: 'end', ending: { reason: 'timeout', summary: '' } }),
  );
});
