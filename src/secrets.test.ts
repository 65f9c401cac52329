/** Secrets of the process reach no endpoint, proposer or record, and change no score. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineEnvironment, tool } from './environments/define.ts';
import { evaluate } from './evaluation/evaluate.ts';
import { parseHarness } from './harness/parse.ts';
import { fileReplies, recordedAgent } from './models/replies.ts';
import { scriptedAgent } from './runtime/scripted-agent.fixture.ts';
import { asStored, playedRedactor, redacted, redactorOf, storedWithout } from './secrets.ts';
import type { Environment, Episode } from './types.ts';

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

describe('an environment whose texts repeat a key', () => {
  const leaky = defineEnvironment({
    name: 'leaky',
    tasks: [{ id: 't', input: `Use ${CANARY} to log in.` }],
    reset: () => ({ log: '' }),
    tools: {
      show: tool('Show the settings.', z.object({}), () => `key=${CANARY}`, { readOnly: true }),
      write: tool('Write the log.', z.object({ text: z.string() }), (state: { log: string }, { text }) => {
        state.log = text;
        return 'ok';
      }),
    },
    score: (_, { log }: { log: string }) => ({
      reward: log === CANARY ? 1 : 0,
      checks: [{ name: 'log', passed: true, detail: log }],
    }),
  });
  const harness = parseHarness('leaky', new Map([['harness.yaml', 'version: 1\n']]));
  const played = async (environment: Environment) => {
    const agent = scriptedAgent([
      { name: 'show', arguments: {} },
      { name: 'write', arguments: { text: CANARY } },
    ]);
    return { agent, ...(await evaluate({ harness, environment, agent })) };
  };

  test('is played as it is and stored without it', async () => {
    const { traces } = await played(storedWithout(leaky, redactorOf(variables)));
    expect(traces[0]?.score?.reward).toBe(1);
    expect(JSON.stringify(traces)).not.toContain(CANARY);
    expect(JSON.stringify(traces[0]?.steps)).toContain('key=[secret]');
    expect(traces[0]?.score?.checks[0]?.detail).toBe('[secret]');
  });

  test('sends and keeps requests without it', async () => {
    const environment = storedWithout(leaky, redactorOf(variables));
    const { agent } = await played(environment);
    const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
    const path = join(folder, 'replies.jsonl');
    const model = recordedAgent(agent, fileReplies(path), environment.redact).open({ seed: 1 } as Episode);
    await model.complete({ messages: [{ role: 'user', content: `Say ${CANARY}.` }], tools: [], seed: 1 });
    expect(agent.requests.at(-1)?.messages[0]?.content).toBe('Say [secret].');
    expect(JSON.stringify([...fileReplies(path).calls()])).not.toContain(CANARY);
    rmSync(folder, { recursive: true });
  });
});

test.each([
  ['SORT_KEY', 'parcel_id'],
  ['SORT_KEY', 'created-at'],
  ['POSTGRES_PASSWORD', 'password'],
  ['CACHE_KEY', 'has to go to'],
  ['PAGE_TOKEN', 'next page'],
  ['PARTITION_KEY', 'Hamburg Altona'],
])('%s=%s is an ordinary word and no secret', (name, value) => {
  expect(redactorOf({ [name]: value })).toBeNull();
});

test.each([
  'hunter2hunter2',
  'correcthorsebatterystaple',
  'Tr0ub4dor',
  'aGVsbG9Xb3JsZEhlbGxv',
  '81274593',
  'pass!word',
])('%s is a secret', (value) => {
  expect(redactorOf({ DB_PASSWORD: value })?.(`at ${value} it`)).toBe('at [secret] it');
});

test.each([
  ['SORT_KEY', '#W4536725'],
  ['STATUS_KEY', 'waiting2'],
  ['STREET_PAT', 'Hill-3.500'],
  ['BATCH_TOKEN', '1656367028'],
])('%s=%s is a word of an environment that is not given this variable', (name, value) => {
  expect(playedRedactor({ [name]: value })).toBeNull();
  expect(playedRedactor({ [name]: value, OPTIMIZE_PASS: `OTHER, ${name}` })?.(value)).toBe('[secret]');
  expect(playedRedactor({ [name]: value }, [value])?.(value)).toBe('[secret]');
});

test.each(['ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'AKIAIOSFODNN7EXAMPLE', 'hunter2hunter2hunter2'])(
  '%s is a secret in whatever is played',
  (value) => {
    expect(playedRedactor({ DB_PASSWORD: value })?.(`at ${value} it`)).toBe('at [secret] it');
  },
);

test('without a secret the environment is the same object', () => {
  const plain = defineEnvironment({
    name: 'plain',
    tasks: [{ id: 't', input: 'x' }],
    reset: () => ({}),
    tools: {},
    score: () => ({ reward: 0, checks: [] }),
  });
  expect(storedWithout(plain, null)).toBe(plain);
});

describe('a text is the stored one, apart from secrets that were cut', () => {
  test('whatever the secret, wherever it stands', () => {
    const words = fc.string({ maxLength: 12 });
    const secret = fc.string({ minLength: 8, maxLength: 24 }).filter((one) => !one.includes('[secret]'));
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 4 }), secret, (parts, value) => {
        const whole = { note: [parts.join(value)], count: 3 };
        const stored = redacted(whole, (text) => text.replaceAll(value, '[secret]'));
        expect(asStored(whole, stored)).toEqual(stored);
      }),
    );
  });

  test.each<[string, unknown, unknown]>([
    ['another text before the cut', 'Bearer abcdefgh12', 'bearer [secret]'],
    ['another text behind it', 'abcdefgh12 said', '[secret] says'],
    ['nothing where the cut is', 'to and fro', 'to [secret]and fro'],
    ['two cuts of one secret', 'abcdefgh', '[secret][secret]'],
    ['another number', { a: 'abcdefgh12', n: 1 }, { a: '[secret]', n: 2 }],
    ['a text where a list is', 'abcdefgh12', ['[secret]']],
    ['no cut at all', 'paid', 'unpaid'],
  ])('not %s', (_, value, stored) => {
    expect(asStored(value, stored)).not.toEqual(stored);
  });
});
