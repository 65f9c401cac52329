/** The steps that correct a call, one by one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestName } from '../harness/near-name.ts';
import type { Json, JsonObject } from '../types.ts';
import { coerceArguments, coerceValue } from './coerce.ts';
import { applyFormats, compileFormat } from './formats.ts';
import { describePattern } from './pattern-words.ts';
import { givesConsent, refusalOf } from './permissions.ts';
import { renameCall } from './rename.ts';
import { parseArguments } from './repair.ts';
import { exampleOf, shapeOf } from './shapes.ts';
import { shop } from './shop.fixture.ts';

const shapes = new Map(shop.tools.map((tool) => [tool.name, shapeOf(tool)]));

describe('parseArguments', () => {
  it('fixes only when asked to', () => {
    expect(parseArguments('{"a": 1}', { repair: false })).toEqual({ value: { a: 1 }, repaired: false });
    expect(parseArguments("{'a': True,}", { repair: false })).toBeNull();
    expect(parseArguments("{'a': True,}", { repair: true })).toEqual({ value: { a: true }, repaired: true });
    expect(parseArguments('"{\\"a\\": 1}"', { repair: true })).toEqual({ value: { a: 1 }, repaired: true });
    expect(parseArguments('[1]', { repair: true })).toBeNull();
    const one = shapeOf({
      name: 'done',
      description: '',
      readOnly: true,
      parameters: { type: 'object', properties: { summary: { type: 'string' } } },
    });
    expect(parseArguments('All is sent.', { repair: true, shape: one })).toEqual({
      value: { summary: 'All is sent.' },
      repaired: true,
    });
    expect(parseArguments('["a"]', { repair: true, shape: one })).toEqual({
      value: { summary: ['a'] },
      repaired: true,
    });
    expect(parseArguments('All is sent.', { repair: false, shape: one })).toBeNull();
    expect(exampleOf(one)).toBe('{"summary": "..."}');
    expect(parseArguments('', { repair: false })).toEqual({ value: {}, repaired: false });
  });
});

describe('renameCall', () => {
  const rename = (name: string, given: JsonObject, aliases: Record<string, Record<string, string>> = {}) =>
    renameCall({ name, arguments: given }, { shapes, aliases });

  it('leaves a call with known names as it is', () => {
    const call = { name: 'get_order', arguments: { order_id: '1' } };
    expect(renameCall(call, { shapes, aliases: {} })).toEqual({ call, rewrites: [] });
  });
  it.each<[string, string]>([
    ['getOrder', 'get_order'],
    ['GET-ORDER', 'get_order'],
    ['functions.get_order', 'get_order'],
    ['cancel_orders', 'cancel_order'],
  ])('tool %s -> %s', (wrong, right) => {
    const { call, rewrites } = rename(wrong, {});
    expect(call.name).toBe(right);
    expect(rewrites).toEqual([{ by: 'realization:rename', what: 'tool name', before: wrong, after: right }]);
  });
  it('leaves a name that is near to nothing, or to two', () => {
    expect(rename('write_ticket', {}).call.name).toBe('write_ticket');
    expect(nearestName('address', ['address1', 'address2'])).toBeUndefined();
  });
  it('renames arguments, by an alias first', () => {
    expect(rename('get_order', { orderId: '1' }).call.arguments).toEqual({ order_id: '1' });
    const { call, rewrites } = rename('get_product', { item: 'P1' }, { get_product: { item: 'product_id' } });
    expect(call.arguments).toEqual({ product_id: 'P1' });
    expect(rewrites[0]?.by).toBe('alias:get_product.item');
  });
  it('never overwrites a given argument, nor chooses between two', () => {
    expect(rename('get_order', { order_id: '1', orderId: '2' }).rewrites).toEqual([]);
    expect(rename('get_order', { orderId: '1', 'order-id': '2' }).rewrites).toEqual([]);
  });
});

describe('coerce', () => {
  it.each<[string, Json, JsonObject, Json]>([
    ['a scalar to a list of one', '1001', { type: 'array', items: { type: 'string' } }, ['1001']],
    ['JSON text to a list', '["1", "2"]', { type: 'array' }, ['1', '2']],
    ['Python text to a list', "['1', '2']", { type: 'array' }, ['1', '2']],
    ['elements of a list', [1, '2'], { type: 'array', items: { type: 'string' } }, ['1', '2']],
    ['an object to a list of one', { name: 'x' }, { type: 'array', items: { type: 'string' } }, [{ name: 'x' }]],
    ['a list of one to a scalar', ['#W1'], { type: 'string' }, '#W1'],
    ['a number to text', 10023, { type: 'string' }, '10023'],
    ['text to a number', '12.50', { type: 'number' }, 12.5],
    ['text to an integer', '12', { type: 'integer' }, 12],
    ['text to a boolean', 'True', { type: 'boolean' }, true],
    ['JSON text to an object', '{"a": 1}', { type: 'object' }, { a: 1 }],
  ])('%s', (_, value, schema, wanted) => {
    expect(coerceValue(value, schema)).toEqual(wanted);
  });
  it.each<[string, Json, JsonObject]>([
    ['an object where text belongs', { name: 'Ring' }, { type: 'string' }],
    ['a list of two where text belongs', ['a', 'b'], { type: 'string' }],
    ['words where a number belongs', 'twelve', { type: 'number' }],
    ['an amount with a sign', '$12', { type: 'number' }],
    ['a fraction where an integer belongs', '1.5', { type: 'integer' }],
    ['null', null, { type: 'array' }],
    ['anything without a type', '5', {}],
    ['a number beyond exact integers', 2 ** 60, { type: 'string' }],
  ])('leaves %s', (_, value, schema) => {
    expect(coerceValue(value, schema)).toBe(value);
  });
  it('leaves every value that has its type already', () => {
    const typed = fc.oneof(
      fc.string().map((value) => [value, 'string'] as const),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => [value, 'number'] as const),
      fc.boolean().map((value) => [value, 'boolean'] as const),
      fc.array(fc.string()).map((value) => [value, 'array'] as const),
    );
    fc.assert(
      fc.property(typed, ([value, type]) => {
        expect(coerceValue(value, { type })).toBe(value);
      }),
      { seed: 5 },
    );
  });
  it('says what it changed', () => {
    const shape = shapes.get('swap_items');
    if (shape === undefined) throw new Error('expected swap_items');
    const given = { order_id: 1, item_ids: 'Ring', other: 1 };
    expect(coerceArguments(given, shape)).toEqual({
      arguments: { order_id: '1', item_ids: ['Ring'], other: 1 },
      rewrites: [
        { by: 'realization:coerce', what: 'order_id', before: 1, after: '1' },
        { by: 'realization:coerce', what: 'item_ids', before: 'Ring', after: ['Ring'] },
      ],
    });
  });
});

describe('formats', () => {
  const order = compileFormat({ argument: 'order_id', pattern: '^#W[0-9]{7}$', repair: { prefix: '#W', strip: ' "' } });
  const apply = (value: Json, looksUp = false) => applyFormats({ order_id: value }, [order], () => looksUp);

  it.each(['#W1234567', 'W1234567', '1234567', ' "#W1234567" '])('repairs %s', (value) => {
    expect(apply(value)).toMatchObject({ arguments: { order_id: '#W1234567' } });
    expect(apply(value).refusal).toBeUndefined();
  });
  it('is silent when the shape is right, the argument absent, or no text', () => {
    const given = { order_id: '#W1234567' };
    expect(applyFormats(given, [order], () => false)).toEqual({ arguments: given, rewrites: [] });
    expect(applyFormats({ other: 'x' }, [order], () => false).rewrites).toEqual([]);
    expect(apply(7).refusal).toBeUndefined();
  });
  it('refuses what it cannot repair, in words', () => {
    expect(apply('W12').refusal).toEqual({
      by: 'format:order_id',
      message: 'order_id "W12" has the wrong shape: it must be "#W" followed by 7 digits.',
    });
    expect(apply(['#W1234567', 'x']).refusal?.message).toContain('"x"');
  });
  it('does not refuse a description that is looked up later', () => {
    expect(apply('the ring', true).refusal).toBeUndefined();
  });
  it('repairs case and suffix', () => {
    const code = compileFormat({ argument: 'code', pattern: '^[a-z]{2}-x$', repair: { case: 'lower', suffix: '-x' } });
    expect(applyFormats({ code: ['AB', 'CD-X'] }, [code], () => false).arguments.code).toEqual(['ab-x', 'cd-x']);
  });
  it('describes simple patterns and shows the others', () => {
    expect(describePattern('^[0-9]{10}$')).toBe('10 digits');
    expect(describePattern('^[a-z]+_[a-z]+_\\d{2,4}$')).toBe(
      'one or more lower-case letters followed by "_" followed by one or more lower-case letters followed by "_" followed by 2 to 4 digits',
    );
    expect(describePattern('^(a|b)$')).toBe('text that matches ^(a|b)$');
  });
});

describe('permissions', () => {
  const call = (name: string, given: JsonObject = {}) => ({ name, arguments: given });
  const none = { limits: [], confirm: [] };
  it('allow all when nothing is said', () => {
    expect(refusalOf(call('give_credit', { amount: 1e9 }), none, '')).toBeNull();
  });
  it('name the allowed tools; done is always one', () => {
    const only = { ...none, tools: ['get_order'] };
    expect(refusalOf(call('get_order'), only, '')).toBeNull();
    expect(refusalOf(call('done'), only, '')).toBeNull();
    expect(refusalOf(call('cancel_order'), only, '')).toBe('cancel_order is not permitted here.');
  });
  it('limit amounts, also when written as text', () => {
    const limited = { ...none, limits: [{ tool: 'give_credit', argument: 'amount', max: 50 }] };
    expect(refusalOf(call('give_credit', { amount: 50 }), limited, '')).toBeNull();
    expect(refusalOf(call('give_credit', { amount: '51' }), limited, '')).toContain('at most 50');
  });
  it('ask for consent', () => {
    const confirm = { ...none, confirm: ['cancel_order'] };
    expect(refusalOf(call('cancel_order'), confirm, 'Cancel it. I confirm this.')).toBeNull();
    expect(refusalOf(call('cancel_order'), confirm, 'Cancel it.')).toContain('confirmation');
  });
  it.each<[string, boolean]>([
    ['Go ahead with everything.', true],
    ['There is no need to ask again.', true],
    ['You may proceed without asking.', true],
    ['I hereby authorize the change.', true],
    ["I don't agree. Do not go ahead.", false],
    ['Ask me before you go ahead.', false],
    ['Please cancel my order.', false],
  ])('consent in "%s": %s', (request, given) => {
    expect(givesConsent(request)).toBe(given);
  });
});
