/** Secrets of the process reach no agent, proposer or record, however a tool came to say them. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineEnvironment, tool } from './environments/define.ts';
import { parseHarness } from './harness/parse.ts';
import { playEpisode } from './runtime/play.ts';
import { scriptedAgent } from './runtime/scripted-agent.fixture.ts';
import { redactorOf, withoutSecrets } from './secrets.ts';
import type { Task } from './types.ts';

const CANARY = 'canary-4f1d9c02';
const variables = {
  OPENAI_API_KEY: CANARY,
  PATH: '/usr/bin-and-more',
  SHORT_TOKEN: 'abc',
  DB_PASSWORD: `${CANARY}-longer`,
};

test('values of secret variables go, long ones first; other variables and short values stay', () => {
  const redact = redactorOf(variables);
  expect(redact?.(`a ${CANARY} b ${CANARY}-longer c /usr/bin-and-more abc`)).toBe(
    'a [secret] b [secret] c /usr/bin-and-more abc',
  );
  expect(redactorOf({ HOME: '/home/somebody', SHORT_TOKEN: 'abc' })).toBeNull();
  expect(redactorOf({ A_KEY: 'with "quotes" in it' })?.(JSON.stringify({ a: 'with "quotes" in it' }))).toBe(
    '{"a":"[secret]"}',
  );
  expect(redactorOf({}, ['given-as-a-flag'])?.('x given-as-a-flag')).toBe('x [secret]');
});

test('a key in PEM goes as a whole, in one line and line by line, however its line ends are written', () => {
  const lines = [
    '-----BEGIN PRIVATE KEY-----',
    'MC4CAQAwBQYDK2VwBCIEIcanary+0',
    'canary/1=',
    '-----END PRIVATE KEY-----',
  ];
  for (const end of ['\n', '\r\n', '\\n']) {
    const redact = redactorOf({ OPTIMIZE_SIGNING_KEY: `${lines.join(end)}${end}` });
    const said = [lines.join('\n'), JSON.stringify(lines.join('\n')), lines[1], `${lines[1]}${lines[2]}`].join(' ');
    expect(redact?.(said)).not.toMatch(/canary/);
  }
});

test('a tool, a request and a check that repeat a key show none to the model and leave none in the trace', async () => {
  const leaky = defineEnvironment({
    name: 'leaky',
    tasks: [{ id: 't', input: `Use ${CANARY} to log in.` }],
    reset: () => ({ log: '' }),
    tools: {
      show: tool('Show the settings.', z.object({}), () => `key=${CANARY}`, { readOnly: true }),
      write: tool('Write the log.', z.object({}), (state: { log: string }) => {
        state.log = CANARY;
        return 'ok';
      }),
    },
    score: () => ({ reward: 0, checks: [{ name: 'log', passed: false, detail: `expected no ${CANARY}` }] }),
  });
  const environment = withoutSecrets(leaky, redactorOf(variables));
  const agent = scriptedAgent([
    { name: 'show', arguments: {} },
    { name: 'write', arguments: {} },
  ]);
  const trace = await playEpisode({
    harness: parseHarness('leaky', new Map([['harness.yaml', 'version: 1\n']])),
    environment,
    agent,
    task: environment.tasks[0] as Task,
    trial: 0,
    seed: 1,
  });
  expect(JSON.stringify([agent.requests, trace])).not.toContain(CANARY);
  expect(JSON.stringify(trace.steps)).toContain('key=[secret]');
  expect(JSON.stringify(trace.steps)).toContain('state_delta');
  expect(trace.score?.checks[0]?.detail).toBe('expected no [secret]');
});

test('without a secret the environment is the same object', () => {
  const plain = defineEnvironment({
    name: 'plain',
    tasks: [{ id: 't', input: 'x' }],
    reset: () => ({}),
    tools: {},
    score: () => ({ reward: 0, checks: [] }),
  });
  expect(withoutSecrets(plain, null)).toBe(plain);
});
