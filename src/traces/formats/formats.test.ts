/** One suite for all formats: what is written is read again as it was. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../types.ts';
import { refund } from '../store.fixture.ts';
import type { StoredTrace } from '../stored.ts';
import { guessedFlags } from './flags.ts';
import { FORMAT_NAMES, FORMATS, type FormatName } from './index.ts';

const context = guessedFlags('shop');
const read = (format: FormatName, ...values: readonly Json[]) =>
  FORMATS[format].read(
    values.map((value, at) => ({ line: at + 1, value })),
    context,
  );
const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
const again = (format: FormatName, traces: readonly StoredTrace[]): readonly StoredTrace[] =>
  read(format, ...FORMATS[format].write(traces).map(asJson)).traces;

/** A conversation with all that may go wrong in a record. */
const odd = {
  id: 'odd',
  model: 'm',
  reward: 0.5,
  tools: [{ type: 'function', function: { name: 'refund', description: 'Pays.', parameters: { type: 'object' } } }],
  metadata: { task: 't', trial: 2, agent: 'desk/2', harness: 'v3', label: 'half', time: '2026-01-02T03:04:05.678Z' },
  messages: [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'Hi.' },
    { role: 'user', content: 'Refund R7.' },
    {
      role: 'assistant',
      content: 'Two at once.',
      tool_calls: [call('1', 'refund', '{"order":"R7"}'), call('1', 'x', '{ }')],
    },
    { role: 'tool', tool_call_id: '1', content: 'ok' },
    { role: 'system', content: 'Only one is left.' },
    { role: 'tool', tool_call_id: 'lost', content: 'Error: who?' },
    { role: 'assistant', content: null, tool_calls: [call('2', 'refund', '{"order": "R')] },
    { role: 'tool', tool_call_id: '2', content: '' },
    { role: 'assistant', content: 'Done.' },
    { role: 'user', content: '' },
    { role: 'tool', tool_call_id: '2', content: 'late' },
  ],
};
function call(id: string, name: string, given: string) {
  return { id, type: 'function', function: { name, arguments: given } };
}

describe.each(FORMAT_NAMES)('%s', (format) => {
  const samples = (): readonly StoredTrace[] => {
    const { traces } = read(
      'openai',
      asJson(odd),
      asJson(refund('plain')),
      asJson([{ role: 'assistant', content: 'x' }]),
    );
    return traces.map((trace) => ({ ...trace, source: format }));
  };

  test('in, out and in is the identity', () => {
    const first = again(format, samples());
    expect(first).toHaveLength(3);
    // Usage of single calls is only in ATIF.
    expect(first.map(({ usage: _, ...rest }) => rest)).toEqual(samples().map(({ usage: _, ...rest }) => rest));
    expect(again(format, first)).toEqual(first);
  });

  test('whatever a record is, reading does not throw, and what is read is written and read again', () => {
    const [sample] = FORMATS[format].write(samples()).map(asJson);
    const paths: (string | number)[][] = [];
    const walk = (value: Json, path: (string | number)[]): void => {
      paths.push(path);
      if (typeof value === 'object' && value !== null)
        for (const [key, inner] of Object.entries(value))
          walk(inner as Json, [...path, Array.isArray(value) ? Number(key) : key]);
    };
    walk(sample as Json, []);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }), (path, value) => {
        const { traces, refused } = read(format, changed(sample as Json, path, value as Json));
        expect(traces.length + refused.length).toBeLessThanOrEqual(2);
        expect(again(format, traces)).toEqual(traces);
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});

function changed(value: Json, [key, ...rest]: readonly (string | number)[], put: Json): Json {
  if (key === undefined) return put;
  const copy = Array.isArray(value) ? [...value] : { ...(value as JsonObject) };
  const inner = (copy as { [name: string]: Json })[key] ?? null;
  (copy as { [name: string]: Json })[key] = changed(inner, rest, put);
  return copy as Json;
}

describe('ATIF', () => {
  const trajectory = (version: string, more: object = {}) => ({
    schema_version: version,
    session_id: 's1',
    agent: { name: 'shell', version: '1.2', model_name: 'm' },
    steps: [
      { step_id: 1, source: 'user', message: 'List it.', timestamp: '2026-01-02T03:04:05Z' },
      {
        step_id: 2,
        source: 'agent',
        message: [{ type: 'text', text: 'I look.' }],
        reasoning_content: 'hm',
        tool_calls: [{ tool_call_id: 'a', function_name: 'ls', arguments: { path: '.' } }],
        observation: { results: [{ source_call_id: 'a', content: 'x.txt' }] },
        metrics: { prompt_tokens: 100, completion_tokens: 5, cost_usd: 0.01 },
      },
      { step_id: 3, source: 'agent', message: 'One file.' },
    ],
    ...more,
  });

  test.each(['ATIF-v1.0', 'ATIF-v1.4', 'ATIF-v1.6', 'ATIF-v1.7'])('%s is read, and written as v1.7', (version) => {
    const { traces, refused } = read('atif', trajectory(version));
    expect(refused).toEqual([]);
    expect(traces[0]).toMatchObject({
      id: 's1',
      agent: 'shell/1.2',
      model: 'm',
      time: '2026-01-02T03:04:05.000Z',
      usage: { calls: 2, inputTokens: 100, outputTokens: 5, cachedTokens: null, costUsd: 0.01 },
    });
    expect(traces[0]?.steps.map(({ kind }) => kind)).toEqual(['model', 'call', 'result', 'model', 'end']);
    expect(FORMATS.atif.write(traces)[0]).toMatchObject({ schema_version: 'ATIF-v1.7', agent: { version: '1.2' } });
    expect(again('atif', traces)).toEqual(traces);
  });

  test('v2 and what has no version is refused', () => {
    const { traces, refused } = read(
      'atif',
      trajectory('ATIF-v2.0'),
      { steps: [] },
      trajectory('ATIF-v1.7', { steps: 3 }),
    );
    expect(traces).toEqual([]);
    expect(refused.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      expect.stringMatching(/^1 expected schema_version ATIF-v1\.x, found .*v2/),
      expect.stringMatching(/^2 expected schema_version/),
      expect.stringMatching(/^3 expected steps to be a list/),
    ]);
  });

  test('copied context counts once; sub-agents are traces of their own; loose files are warned of', () => {
    const whole = trajectory('ATIF-v1.7');
    const copied = {
      ...whole,
      steps: [...whole.steps.map((step) => ({ ...step, is_copied_context: true })), { ...whole.steps[1], step_id: 4 }],
      subagent_trajectories: [
        { ...trajectory('ATIF-v1.7'), trajectory_id: 'inner', session_id: undefined, agent: { name: 'sub' } },
      ],
      extra: { task_id: 'T' },
    };
    const { traces, warnings } = read('atif', asJson(copied));
    expect(traces.map(({ id, task, agent }) => [id, task, agent])).toEqual([
      ['s1', 'T', 'shell/1.2'],
      ['s1/inner', 'T', 'sub'],
    ]);
    expect(traces[0]).toMatchObject({ prompt: { user: 'List it.' }, usage: { calls: 1, inputTokens: 100 } });
    expect(warnings).toEqual(['steps of copied context left out: 3', 'agents without a version: 1']);
    expect(again('atif', traces)).toEqual(traces);
  });
});
