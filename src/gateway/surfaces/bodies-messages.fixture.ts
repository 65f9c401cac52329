/** Bodies of Anthropic messages. */
import type { Json } from '../../types.ts';
import type { SaidMessage } from './endpoint.fixture.ts';

const user = (...content: Json[]): Json => ({ role: 'user', content });
const said = (...content: Json[]): Json => ({ role: 'assistant', content });
const text = (words: string, more: object = {}): Json => ({ type: 'text', text: words, ...more });
const call = (id: string, name = 'get_order', input: Json = { order_id: '#W1000001' }): Json => ({
  type: 'tool_use',
  id,
  name,
  input,
});
const result = (id: string, content?: Json, more: object = {}): Json => ({
  type: 'tool_result',
  tool_use_id: id,
  ...(content === undefined ? {} : { content }),
  ...more,
});
const image: Json = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
const page: Json = { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' }, title: 'Terms' };
const mark = { cache_control: { type: 'ephemeral' } };
const thought: Json = { type: 'thinking', thinking: 'First the order.', signature: 'c2lnbmF0dXJl' };
const silent: Json = { type: 'thinking', thinking: '', signature: 'bm8gd29yZHM=' };
const hidden: Json = { type: 'redacted_thinking', data: 'ZW5jcnlwdGVk' };
const ask: Json = { role: 'user', content: 'Where is #W1000001?' };

/** `came`: the client's history; `sent`: what upstream reads, if that is something else. */
export const histories: Record<string, { came: readonly Json[]; sent?: readonly Json[] }> = {
  'one text': { came: [ask] },
  'a text as a block': { came: [user(text('Where is it?'))] },
  'two blocks of text': { came: [user(text('Where is it?'), text('#W1000001'))] },
  'an image before a text': { came: [user(image, text('This one.'))] },
  'an image alone': { came: [user(image)] },
  'a document with a mark for the cache': { came: [user({ ...(page as object), ...mark } as Json, text('Read it.'))] },
  'a text with a mark for the cache': { came: [user(text('Where is it?', mark))] },
  'a call and its result': { came: [ask, said(call('toolu_1')), user(result('toolu_1', 'delivered'))] },
  'a text before a call': { came: [ask, said(text('I look.'), call('toolu_1')), user(result('toolu_1', 'delivered'))] },
  'parallel calls': {
    came: [ask, said(call('toolu_1'), call('toolu_2')), user(result('toolu_1', 'a'), result('toolu_2', 'b'))],
  },
  'results of parallel calls in two messages': {
    came: [ask, said(call('toolu_1'), call('toolu_2')), user(result('toolu_1', 'a')), user(result('toolu_2', 'b'))],
    sent: [ask, said(call('toolu_1'), call('toolu_2')), user(result('toolu_1', 'a'), result('toolu_2', 'b'))],
  },
  'a text before a result': {
    came: [ask, said(call('toolu_1')), user(text('Quick.'), result('toolu_1', 'a'))],
    sent: [ask, said(call('toolu_1')), user(result('toolu_1', 'a'), text('Quick.'))],
  },
  'a call without arguments': { came: [ask, said(call('toolu_1', 'get_order', {})), user(result('toolu_1', 'none'))] },
  'a result that is an error': {
    came: [ask, said(call('toolu_1')), user(result('toolu_1', 'gone', { is_error: true }))],
  },
  'a result in blocks with an image': {
    came: [ask, said(call('toolu_1')), user(result('toolu_1', [text('see'), image]))],
  },
  'a result without content': { came: [ask, said(call('toolu_1')), user(result('toolu_1'))] },
  'a result with a mark for the cache': { came: [ask, said(call('toolu_1')), user(result('toolu_1', 'a', mark))] },
  'signed thoughts': { came: [ask, said(thought, text('I look.'), call('toolu_1')), user(result('toolu_1', 'a'))] },
  'signed thoughts without words': { came: [ask, said(silent, call('toolu_1')), user(result('toolu_1', 'a'))] },
  'encrypted thoughts': { came: [ask, said(hidden, call('toolu_1')), user(result('toolu_1', 'a'))] },
  'thoughts between calls of two turns': {
    came: [
      ask,
      said(thought, call('toolu_1')),
      user(result('toolu_1', 'a')),
      said(hidden, call('toolu_2')),
      user(result('toolu_2', 'b')),
    ],
  },
  'an unknown block': {
    came: [ask, said({ type: 'of_next_year', a: [null, 1] }, call('toolu_1')), user(result('toolu_1', 'a'))],
  },
  'a text with citations': {
    came: [ask, said(text('It came.', { citations: [{ type: 'char_location', cited_text: 'x' }] })), user(text('Ok?'))],
  },
  'an answer as plain text': { came: [ask, { role: 'assistant', content: 'Which one?' }, ask] },
  'the same question twice': { came: [ask, said(text('Gone.')), ask, said(text('Gone.')), ask] },
};

export const replies: Record<string, SaidMessage> = {
  'a text': { content: 'It is on its way.' },
  'no text': {},
  'a text that was cut': { content: 'It is on', cut: true },
  'letters beyond the basic plane': { content: 'Fine 👍🏽 שלום' },
  'one call': { calls: [['get_order', { order_id: '#W1000001' }]] },
  'a text and two calls': {
    content: 'I look.',
    calls: [
      ['get_order', { order_id: '#W1000001' }],
      ['get_product', { product_id: 'P1' }],
    ],
  },
  'a call without arguments': { calls: [['get_order', {}]] },
  'thoughts and a text': {
    before: [{ type: 'thinking', thinking: 'Two orders.', signature: 'c2ln' }],
    content: 'Both came.',
  },
  'thoughts of all kinds and a call': {
    before: [
      { type: 'thinking', thinking: 'Two orders.', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'eHh4' },
      { type: 'of_next_year', a: [null, 1] },
    ],
    calls: [['get_order', { order_id: '#W1000001' }]],
  },
};
