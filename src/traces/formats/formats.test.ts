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

describe('OpenTelemetry', () => {
  type Given = { id: string; parent?: string; start?: number; attributes?: object; events?: readonly object[] };
  const attributes = (values: object) =>
    Object.entries(values).map(([key, value]) => ({
      key,
      value:
        typeof value === 'number'
          ? { intValue: String(value) }
          : { stringValue: typeof value === 'string' ? value : JSON.stringify(value) },
    }));
  const spans = (...given: readonly Given[]): Json =>
    asJson({
      resourceSpans: [
        {
          resource: { attributes: attributes({ 'service.name': 'desk' }) },
          scopeSpans: [
            {
              spans: given.map((one) => ({
                traceId: 't1',
                spanId: one.id,
                parentSpanId: one.parent ?? '',
                startTimeUnixNano: String(1_767_225_600_000_000_000n + BigInt(one.start ?? 0)),
                attributes: attributes(one.attributes ?? {}),
                events: (one.events ?? []).map((event) => ({
                  ...event,
                  attributes: attributes((event as { attributes: object }).attributes),
                })),
              })),
            },
          ],
        },
      ],
    });
  const chat = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm', 'gen_ai.usage.input_tokens': 10 };
  const user = { role: 'user', parts: [{ type: 'text', content: 'Refund R7.' }] };
  const asks = {
    role: 'assistant',
    parts: [{ type: 'tool_call', id: 'a', name: 'refund', arguments: { order: 'R7' } }],
  };
  const answers = { role: 'tool', parts: [{ type: 'tool_call_response', id: 'a', response: 'Error: late' }] };
  const ends = { role: 'assistant', parts: [{ type: 'text', content: 'Too late.' }] };
  const expected = ['model', 'call', 'result', 'model', 'end'];

  test('children before parents, each span once, an agent that repeats the tokens of its calls', () => {
    const second = {
      id: 'c2',
      parent: 'p',
      start: 9,
      attributes: { ...chat, 'gen_ai.input.messages': [user, asks, answers], 'gen_ai.output.messages': [ends] },
    };
    const first = {
      id: 'c1',
      parent: 'p',
      start: 1,
      attributes: { ...chat, 'gen_ai.input.messages': [user], 'gen_ai.output.messages': [asks] },
    };
    const agent = {
      id: 'p',
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'clerk',
        'gen_ai.conversation.id': 'k',
        'gen_ai.usage.input_tokens': 20,
      },
      events: [{ name: 'gen_ai.evaluation.result', attributes: { 'gen_ai.evaluation.score.value': 0 } }],
    };
    const { traces, refused } = read('otel', spans(second, first), spans(first, agent), asJson({ spans: [] }));
    expect(refused).toMatchObject([{ line: 3 }]);
    expect(traces).toHaveLength(1);
    expect(traces[0]).toMatchObject({
      id: 'k',
      agent: 'clerk',
      model: 'm',
      time: '2026-01-01T00:00:00.000Z',
      outcome: { reward: 0 },
      usage: { calls: 2, inputTokens: 20 },
    });
    expect(traces[0]?.steps.map(({ kind }) => kind)).toEqual(expected);
    expect(traces[0]?.steps[2]).toMatchObject({ content: 'Error: late', error: true });
  });

  test.each<[string, Given[]]>([
    [
      'spans of tools, where no call repeats its history',
      [
        { id: '1', attributes: { ...chat, 'gen_ai.input.messages': [user], 'gen_ai.output.messages': [asks] } },
        {
          id: '2',
          start: 2,
          attributes: {
            'gen_ai.operation.name': 'execute_tool',
            'gen_ai.tool.name': 'refund',
            'gen_ai.tool.call.id': 'a',
            'gen_ai.tool.call.result': 'Error: late',
          },
        },
        { id: '3', start: 3, attributes: { ...chat, 'gen_ai.output.messages': [ends] } },
      ],
    ],
    [
      'events, one per message',
      [
        {
          id: '1',
          attributes: chat,
          events: [
            { name: 'gen_ai.user.message', attributes: { content: 'Refund R7.' } },
            {
              name: 'gen_ai.assistant.message',
              attributes: {
                tool_calls: [{ id: 'a', type: 'function', function: { name: 'refund', arguments: '{"order":"R7"}' } }],
              },
            },
            { name: 'gen_ai.tool.message', attributes: { id: 'a', content: 'Error: late' } },
            {
              name: 'gen_ai.choice',
              attributes: { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Too late.' } },
            },
          ],
        },
      ],
    ],
    [
      'the event with all details',
      [
        {
          id: '1',
          attributes: chat,
          events: [
            {
              name: 'gen_ai.client.inference.operation.details',
              attributes: { 'gen_ai.input.messages': [user, asks, answers], 'gen_ai.output.messages': [ends] },
            },
          ],
        },
      ],
    ],
    [
      'numbered attributes',
      [
        {
          id: '1',
          attributes: {
            ...chat,
            'gen_ai.prompt.0.role': 'user',
            'gen_ai.prompt.0.content': 'Refund R7.',
            'gen_ai.prompt.1.role': 'assistant',
            'gen_ai.prompt.1.tool_calls.0.id': 'a',
            'gen_ai.prompt.1.tool_calls.0.name': 'refund',
            'gen_ai.prompt.1.tool_calls.0.arguments': '{"order":"R7"}',
            'gen_ai.prompt.2.role': 'tool',
            'gen_ai.prompt.2.content': 'Error: late',
            'gen_ai.prompt.2.tool_call_id': 'a',
            'gen_ai.completion.0.content': 'Too late.',
          },
        },
      ],
    ],
  ])('%s', (_, given) => {
    const { traces, refused } = read('otel', spans(...given));
    expect(refused).toEqual([]);
    expect(traces[0]?.prompt.user).toBe('Refund R7.');
    expect(traces[0]?.steps.map(({ kind }) => kind)).toEqual(expected);
  });

  test('messages that a limit cut are kept as text and marked; calls without content are refused', () => {
    const cut = JSON.stringify([user, asks]).slice(0, 90);
    const { traces, refused } = read('otel', spans({ id: '1', attributes: { ...chat, 'gen_ai.input.messages': cut } }));
    expect(refused).toEqual([]);
    expect(traces[0]?.steps[0]).toMatchObject({ kind: 'model', content: cut, cut: true, toolCalls: [] });
    expect(read('otel', spans({ id: '1', attributes: chat })).refused[0]?.reason).toContain('content was not recorded');
  });

  test('a sub-agent has a conversation of its own', () => {
    const agent = { 'gen_ai.operation.name': 'invoke_agent' };
    const says = (text: string) => ({
      ...chat,
      'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: text }] }],
    });
    const { traces } = read(
      'otel',
      spans(
        { id: 'p', attributes: agent },
        { id: 'c', parent: 'p', attributes: says('outer') },
        { id: 'q', parent: 'p', attributes: agent },
        { id: 'd', parent: 'q', attributes: says('inner') },
      ),
    );
    expect(traces.map(({ id, prompt }) => [id, prompt.user])).toEqual([
      ['t1', 'outer'],
      ['t1/q', 'inner'],
    ]);
  });
});
