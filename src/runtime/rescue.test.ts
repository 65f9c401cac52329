/** Calls that a model wrote as text. */
import { describe, expect, it } from 'vitest';
import { stripFences } from './repair.ts';
import { findWrittenCall } from './rescue.ts';

const tools = new Set(['get_order', 'cancel_order']);
const call = { name: 'get_order', arguments: { order_id: '#W1' } };
const json = JSON.stringify(call);
const find = (content: string, options: { repair?: boolean; plainOnly?: boolean } = {}) =>
  findWrittenCall(content, { tools, repair: false, plainOnly: false, ...options });

describe('findWrittenCall', () => {
  it.each<[string, string]>([
    ['bare JSON', json],
    ['JSON after prose', `I will look it up.\n${json}`],
    ['fenced JSON', `Sure:\n\`\`\`json\n${json}\n\`\`\``],
    ['a tag', `<tool_call>\n${json}\n</tool_call>`],
    ['tool and parameters', '{"tool": "get_order", "parameters": {"order_id": "#W1"}}'],
    ['function as a name', '{"function": "get_order", "arguments": {"order_id": "#W1"}}'],
    ['function as an object', `{"type": "function", "function": ${json}}`],
    ['a list of calls', `{"tool_calls": [{"function": ${json}}]}`],
    ['the tool as the only key', '{"get_order": {"order_id": "#W1"}}'],
    ['arguments beside the name', '{"name": "get_order", "order_id": "#W1"}'],
  ])('takes %s', (_, content) => {
    expect(find(content)).toMatchObject({ ...call, others: 0, repaired: false });
  });

  it('takes the first of several and counts the others', () => {
    const other = '{"name": "cancel_order", "arguments": {}}';
    expect(find(`${json}\nResult: {"ok": true}\n${other}\n${other}`)).toMatchObject({ ...call, others: 2 });
    expect(find(`[${json}, ${other}]`)).toMatchObject({ ...call, others: 1 });
  });

  it('takes broken JSON only with repair', () => {
    const broken = "```json\n{'name': 'get_order', 'arguments': {'order_id': '#W1',}}\n```";
    expect(find(broken)).toBeNull();
    expect(find(broken, { repair: true })).toMatchObject({ ...call, repaired: true });
    expect(find('{"name": "get_order", "arguments": {"order_id": "#W1"', { repair: true })).toMatchObject(call);
  });

  it('leaves arguments that are JSON text to the next step', () => {
    expect(find('{"name": "get_order", "arguments": "{\\"order_id\\": 1}"}')?.arguments).toBe('{"order_id": 1}');
  });

  it.each<[string, string]>([
    ['prose', 'The order {see above} was cancelled.'],
    ['a result', '{"order_id": "#W1", "status": "pending"}'],
    ['a record with a name', '{"name": "Bookshelf", "price": 3}'],
    ['nothing', ''],
  ])('takes no call from %s', (_, content) => {
    expect(find(content, { repair: true })).toBeNull();
  });

  it('with plainOnly takes the form of the text protocol alone', () => {
    expect(find(`Now: ${json}`, { plainOnly: true })).toMatchObject({ ...call, plain: true });
    expect(find(`\`\`\`json\n${json}\n\`\`\``, { plainOnly: true })).toBeNull();
    expect(find(`<tool_call>${json}</tool_call>`, { plainOnly: true })).toBeNull();
    expect(find('{"tool": "get_order", "parameters": {}}', { plainOnly: true })).toBeNull();
  });
});

describe('stripFences', () => {
  it('accepts a missing closing fence', () => {
    expect(stripFences('```json\n{"a": 1}')).toBe('{"a": 1}');
    expect(stripFences('{"a": 1}\n```')).toBe('{"a": 1}');
    expect(stripFences('{"a": 1}')).toBe('{"a": 1}');
  });
});
