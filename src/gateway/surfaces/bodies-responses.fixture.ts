/** Bodies of OpenAI responses. */
import type { Json, JsonObject } from '../../types.ts';
import type { SaidMessage } from './endpoint.fixture.ts';

const user = (content: Json): JsonObject => ({ type: 'message', role: 'user', content });
const said = (text: string, more: object = {}): Json => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
  ...more,
});
const call = (id: string, args = '{"order_id":"#W1000001"}', more: object = {}): Json => ({
  id: `fc_${id}`,
  type: 'function_call',
  call_id: id,
  name: 'get_order',
  arguments: args,
  status: 'completed',
  ...more,
});
const result = (id: string, output: Json = 'delivered', more: object = {}): Json => ({
  type: 'function_call_output',
  call_id: id,
  output,
  ...more,
});
const text = (words: string): Json => ({ type: 'input_text', text: words });
const image: Json = { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' };
const file: Json = { type: 'input_file', file_id: 'file_1' };
const thought = (id: string, more: object = {}): Json => ({
  id,
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'First the order.' }],
  encrypted_content: 'ZW5jcnlwdGVk',
  ...more,
});
const ask = user('Where is #W1000001?');
const old = user('Thanks.');

/** `came`: the client's history; `sent`: what upstream reads, if that is something else. */
export const histories: Record<string, { came: readonly Json[]; sent?: readonly Json[] }> = {
  'one text': { came: [ask] },
  'a message without a type': { came: [{ role: 'user', content: 'Where?' }], sent: [user('Where?')] },
  'a text in a part': { came: [user([text('Where is it?')])] },
  'two parts of text': { came: [user([text('Where is it?'), text('#W1000001')])] },
  'an image before a text': { came: [user([image, text('This one.')])] },
  'an image alone': { came: [user([image])] },
  'a file': { came: [user([text('Read it.'), file])] },
  'a call and its result': { came: [ask, call('call_1'), result('call_1')] },
  'a text before a call': { came: [ask, said('I look.'), call('call_1'), result('call_1')] },
  'parallel calls': { came: [ask, call('call_1'), call('call_2'), result('call_1', 'a'), result('call_2', 'b')] },
  'a call without arguments': { came: [ask, call('call_1', ''), result('call_1', 'none')] },
  'arguments with blanks of their own': { came: [ask, call('call_1', '{ "order_id" : "#W1" }'), result('call_1')] },
  'a call without an id of its own': { came: [ask, call('call_1', '{}', { id: 'fc_x' }), result('call_1')] },
  'a result that is empty': { came: [ask, call('call_1'), result('call_1', '')] },
  'a result in parts': { came: [ask, call('call_1'), result('call_1', [text('see'), image])] },
  'a result with an id': { came: [ask, call('call_1'), result('call_1', 'a', { id: 'fco_1', status: 'completed' })] },
  'an encrypted thought': { came: [ask, thought('rs_1'), call('call_1'), result('call_1')] },
  'a thought without words': { came: [ask, thought('rs_1', { summary: [] }), call('call_1'), result('call_1')] },
  'a thought that nobody stored': {
    came: [ask, thought('rs_1', { summary: [], encrypted_content: null }), call('call_1'), result('call_1')],
    sent: [ask, call('call_1'), result('call_1')],
  },
  'thoughts of two turns': {
    came: [ask, thought('rs_1'), call('call_1'), result('call_1'), thought('rs_2'), call('call_2'), result('call_2')],
  },
  'an unknown item': {
    came: [ask, { type: 'of_next_year', id: 'x_1', a: [null, 1] }, call('call_1'), result('call_1')],
  },
  'an answer and a new question': { came: [ask, said('Which one?'), old] },
  'an answer with a phase': {
    came: [ask, said('I look.', { phase: 'commentary' }), said('Gone.', { id: 'msg_2' }), old],
  },
  'an answer of a client that keeps texts alone': { came: [ask, { role: 'assistant', content: 'Which one?' }, old] },
  'a refusal': {
    came: [ask, said('', { content: [{ type: 'refusal', refusal: 'I cannot.' }] }), old],
  },
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
  'a thought and a text': {
    before: [
      { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Two.' }], encrypted_content: 'eHh4' },
    ],
    content: 'Both came.',
  },
  'a thought, an unknown item and a call': {
    before: [
      { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'eHh4' },
      { id: 'fu_1', type: 'of_next_year', a: [null, 1] },
    ],
    calls: [['get_order', { order_id: '#W1000001' }]],
  },
};
