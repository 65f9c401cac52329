import { describe, expect, test } from 'vitest';
import type { Json } from '../../types.ts';
import { guessedFlags } from './flags.ts';
import { otel } from './otel.ts';

const read = (...values: readonly Json[]) =>
  otel.read(
    values.map((value, at) => ({ line: at + 1, value })),
    guessedFlags('shop'),
  );
const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

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
    const { traces, refused } = read(spans(second, first), spans(first, agent), asJson({ spans: [] }));
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
    const { traces, refused } = read(spans(...given));
    expect(refused).toEqual([]);
    expect(traces[0]?.prompt.user).toBe('Refund R7.');
    expect(traces[0]?.steps.map(({ kind }) => kind)).toEqual(expected);
  });

  test('messages that a limit cut are kept as text and marked; calls without content are refused', () => {
    const cut = JSON.stringify([user, asks]).slice(0, 90);
    const { traces, refused } = read(spans({ id: '1', attributes: { ...chat, 'gen_ai.input.messages': cut } }));
    expect(refused).toEqual([]);
    expect(traces[0]?.steps[0]).toMatchObject({ kind: 'model', content: cut, cut: true, toolCalls: [] });
    expect(read(spans({ id: '1', attributes: chat })).refused[0]?.reason).toContain('content was not recorded');
  });

  test('a sub-agent has a conversation of its own', () => {
    const agent = { 'gen_ai.operation.name': 'invoke_agent' };
    const says = (text: string) => ({
      ...chat,
      'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: text }] }],
    });
    const { traces } = read(
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
