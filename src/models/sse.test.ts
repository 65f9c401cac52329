/** Streams of servers as they are, and the reply that each adds up to. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../types.ts';
import { isStream, isStreamEnd, replyOf } from './sse.ts';

const chunk = (delta: object, more: object = {}, finish: string | null = null) => ({
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
});
const DONE = 'data: [DONE]\n\n';
const stream = (...values: readonly object[]) =>
  values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('') + DONE;
const callPiece = (index: number | undefined, id: string | undefined, name: string | undefined, args: string) => ({
  tool_calls: [
    {
      ...(index === undefined ? {} : { index }),
      ...(id === undefined ? {} : { id, type: 'function' }),
      function: { ...(name === undefined ? {} : { name }), arguments: args },
    },
  ],
});
const messageOf = (text: string) => {
  const { choices } = replyOf(text) as { choices: { message: JsonObject; finish_reason: string | null }[] };
  return choices[0] as (typeof choices)[0];
};
const callsOf = (text: string) =>
  (messageOf(text).message.tool_calls as { id?: string; function: JsonObject }[]).map(({ id, function: made }) => [
    id,
    made.name,
    made.arguments,
  ]);

describe('a call in pieces', () => {
  const two = [
    ['a', 'get', '{"x":1}'],
    ['b', 'put', '{}'],
  ];
  test.each<[string, object[], unknown[]]>([
    [
      'of two that alternate',
      [
        callPiece(0, 'a', 'get', ''),
        callPiece(1, 'b', 'put', ''),
        callPiece(0, undefined, undefined, '{"x"'),
        callPiece(1, undefined, undefined, '{}'),
        callPiece(0, undefined, undefined, ':1}'),
      ],
      two,
    ],
    [
      'with id and name in every piece',
      [callPiece(0, 'a', 'get', '{"x"'), callPiece(0, 'a', 'get', ':1}'), callPiece(1, 'b', 'put', '{}')],
      two,
    ],
    ['whole, all at one place', [callPiece(0, 'a', 'get', '{"x":1}'), callPiece(0, 'b', 'put', '{}')], two],
    [
      'whole, without a place',
      [callPiece(undefined, 'a', 'get', '{"x":1}'), callPiece(undefined, 'b', 'put', '{}')],
      two,
    ],
    [
      'with empty ids later',
      [callPiece(0, 'a', 'get', '{"x"'), callPiece(0, '', '', ':1}'), callPiece(1, 'b', 'put', '{}')],
      two,
    ],
  ])('%s', (_, deltas, expected) => {
    expect(callsOf(stream(...deltas.map((delta) => chunk(delta))))).toEqual(expected);
  });
});

test('thoughts, parts, details with a place and unknown members add up', () => {
  const reply = messageOf(
    stream(
      chunk({ role: 'assistant', content: '', reasoning_content: 'Let ' }),
      chunk({ reasoning_content: 'me.', reasoning_details: [{ index: 0, type: 'text', text: 'Let ' }] }),
      chunk({ reasoning_details: [{ index: 0, type: 'text', text: 'me.' }], content: [{ type: 'thinking' }] }),
      chunk({ content: 'yes', extra: { signature: 's' } }, {}, 'stop'),
    ),
  );
  expect(reply).toEqual({
    index: 0,
    finish_reason: 'stop',
    message: {
      role: 'assistant',
      reasoning_content: 'Let me.',
      reasoning_details: [{ index: 0, type: 'text', text: 'Let me.' }],
      content: [{ type: 'thinking' }, { type: 'text', text: 'yes' }],
      extra: { signature: 's' },
    },
  });
});

const usage = { prompt_tokens: 4, completion_tokens: 2 };
test.each<[string, object[]]>([
  ['in a last event without choices', [chunk({ content: 'a' }, {}, 'stop'), { choices: [], usage }]],
  [
    'in every event, growing',
    [chunk({ content: 'a' }, { usage: { ...usage, completion_tokens: 1 } }), chunk({}, { usage }, 'stop')],
  ],
  ['in the choice', [{ choices: [{ delta: { content: 'a' }, usage, finish_reason: 'stop' }] }]],
  ['of Groq', [chunk({ content: 'a' }, { x_groq: { usage } }, 'stop')]],
  ['before a null', [chunk({ content: 'a' }, { usage }), chunk({}, { usage: null }, 'stop')]],
])('usage %s', (_, values) => {
  expect(replyOf(stream(...values))).toMatchObject({ usage, choices: [{ message: { content: 'a' } }] });
});

test('the same bytes with other line ends, comments, fields and no last line are the same reply', () => {
  const values = [chunk({ content: 'one\ntwo' }), chunk({ content: ' three' }, {}, 'stop')];
  const plain = stream(...values);
  const expected = replyOf(plain);
  fc.assert(
    fc.property(
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      (end, noise, tight, bom) => {
        let text = noise ? `: ping\n\n${plain.replaceAll('data:', 'event: message\nid: 7\ndata:')}: end\n` : plain;
        if (tight) text = text.replaceAll('data: ', 'data:').replace(/\n+$/, '');
        expect(replyOf(`${bom ? '\uFEFF' : ''}${text.replaceAll('\n', end)}`)).toEqual(expected);
      },
    ),
  );
  expect(replyOf(plain.replaceAll('\n\n', '\n'))).toEqual(expected);
});

test('a cut stream is no reply, one without the end mark is, an error in it is that error', () => {
  const begun = `data: ${JSON.stringify(chunk({ content: 'a' }))}\n\n`;
  expect(() => replyOf(begun)).toThrow(/ended before/);
  expect(() => replyOf(`${begun}data: {"choi`)).toThrow(/ended before/);
  expect(messageOf(`data: ${JSON.stringify(chunk({ content: 'a' }, {}, 'length'))}`).finish_reason).toBe('length');
  const error = { message: 'slow down', code: 429 };
  expect(replyOf(`${begun}event: error\ndata: ${JSON.stringify({ error })}\n\n`)).toEqual({ error });
});

test('a whole completion as one event is that completion', () => {
  const message = { role: 'assistant', content: 'a' };
  expect(messageOf(stream({ choices: [{ index: 0, message, finish_reason: 'stop' }] }))).toMatchObject({ message });
});

test('is known by its type or its first line, and ends at its mark wherever the bytes are cut', () => {
  expect([
    isStream('text/event-stream; charset=utf-8'),
    isStream('text/plain', 'data: {"a"'),
    isStream('', ': ping'),
  ]).toEqual([true, true, true]);
  expect([isStream('application/json', '{"data": 1}'), isStream('text/html', '<html>')]).toEqual([false, false]);
  const bytes = Buffer.from(`data: {}\n\n${DONE}`);
  for (let at = 0; at < bytes.length; at++) {
    expect(isStreamEnd([bytes.subarray(0, at), bytes.subarray(at)])).toBe(true);
    if (at < bytes.length - 2) expect(isStreamEnd([bytes.subarray(0, at)])).toBe(false);
  }
  expect(isStreamEnd([Buffer.from('data: {"say": "data: [DONE]"}\n')])).toBe(false);
});
