/** Malformed replies of any kind: no crash, no score by them, and what is written can be read. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { InfrastructureError, UsageError } from '../errors.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { harnessOf, shop, shopTask } from '../runtime/shop.fixture.ts';
import type { Agent } from '../types.ts';
import { openaiAgent } from './openai.ts';
import { fileReplies, recordedAgent, replayAgent } from './replies.ts';

// Waits between tries pass at once.
vi.mock('node:timers/promises', () => ({ setTimeout: async () => {} }));

/** REPLIES=10000 for the long count. */
const RUNS = Number(process.env.REPLIES ?? 200);

let answer: { status: number; body: string } = { status: 200, body: '' };
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const { status, body } = request.url?.endsWith('/models') ? { status: 200, body: '{"data": []}' } : answer;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
  });
});
const folder = mkdtempSync(join(tmpdir(), 'malformed-'));
let baseUrl = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const odd = fc.oneof(
  fc.constantFrom(
    null,
    '',
    0,
    -1,
    true,
    [],
    {},
    [[]],
    'null',
    '[]',
    '{',
    '"{}"',
    '\u0000',
    '__proto__',
    'x'.repeat(5000),
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer({ min: 150, max: 3000 }).map((depth): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))),
);
const text = fc.oneof(
  fc.string(),
  fc.json(),
  fc.integer({ min: 1, max: 9000 }).map((depth) => '{"a":'.repeat(depth)),
);
/** Mostly `good`, so that oddities are met deep inside as well. */
const mostly = (good: fc.Arbitrary<unknown>) => fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: odd });
const members = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { requiredKeys: [] });
const call = mostly(
  members({
    id: mostly(fc.constant('a')),
    type: odd,
    function: mostly(
      members({
        name: mostly(fc.constantFrom('get_order', 'cancel_order', 'no_such')),
        arguments: fc.oneof(odd, text),
      }),
    ),
    extra_content: odd,
  }),
);
const message = members({
  role: odd,
  content: fc.oneof({ weight: 6, arbitrary: fc.option(text) }, { weight: 1, arbitrary: odd }),
  tool_calls: mostly(fc.array(call, { maxLength: 4 })),
  reasoning_content: odd,
  refusal: odd,
});
const choice = mostly(
  fc.record({ finish_reason: mostly(fc.constantFrom('stop', 'tool_calls', 'length')), message: mostly(message) }),
);
const completion = fc.record(
  {
    model: mostly(fc.constant('m')),
    choices: mostly(fc.array(choice, { minLength: 1, maxLength: 2 })),
    usage: odd,
  },
  { requiredKeys: ['choices'] },
);
const reply = fc.oneof(
  { weight: 6, arbitrary: mostly(completion).map((body) => ({ status: 200, body: JSON.stringify(body) })) },
  { weight: 1, arbitrary: fc.record({ status: fc.constant(200), body: fc.oneof(text, fc.constant('')) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      status: fc.constantFrom(400, 403, 422, 500, 502),
      body: fc.oneof(
        text,
        odd.map((body) => JSON.stringify(body)),
      ),
    }),
  },
);

const tasks = [shopTask('Look at #W1000001.')];
const play = (model: Agent) =>
  evaluate({ harness: harnessOf({}), environment: shop, agent: model, tasks, concurrency: 1 }).then(
    ({ traces }) => traces.map(({ id, error, score, steps }) => ({ id, error, score, steps })),
    (error: Error) => {
      expect(
        [InfrastructureError, UsageError].some((kind) => error instanceof kind),
        error.stack,
      ).toBe(true);
      return error.message;
    },
  );

test(
  'a malformed reply is the turn of the agent or a void, and never a score',
  async () => {
    let [run, scored] = [0, 0];
    await fc.assert(
      fc.asyncProperty(reply, async (given) => {
        answer = given;
        // An agent remembers the model that was served, so each reply gets its own.
        const agent = await openaiAgent({ model: 'm', baseUrl, apiKey: 'sk-malformed', maxRetries: 0 });
        const path = join(folder, `replies-${run++}.jsonl`);
        const played = await play(recordedAgent(agent, fileReplies(path)));
        if (typeof played === 'string') {
          expect(played).not.toMatch(/\n|^ +at /);
          return;
        }
        for (const { error, score } of played) {
          if (error === undefined) scored += 1;
          // The task asks for a change that no malformed reply makes.
          expect(error === undefined ? score?.reward : null).toBe(error === undefined ? 0 : null);
          expect(error ?? '').not.toMatch(/\n|Maximum call stack|is not a function|Cannot read/);
        }
        // The file is whole: a replay meets the same.
        expect(await play(replayAgent(agent, fileReplies(path, { readOnly: true })))).toEqual(
          played.map((one) => (one.error === undefined ? one : expect.objectContaining({ score: null }))),
        );
      }),
      { numRuns: RUNS },
    );
    // Many replies are some turn of the agent; the rest are no completion at all.
    expect(scored).toBeGreaterThan(RUNS / 5);
  },
  RUNS * 200 + 20_000,
);
