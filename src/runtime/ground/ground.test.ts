/** Lookups: what is replaced, what is asked, and properties over random records. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../types.ts';
import { groundArgument } from './ground.ts';

const variant = (item_id: string, options: JsonObject, price = 10): JsonObject => ({
  item_id,
  options,
  available: true,
  price,
});
const rings = [
  variant('2001', { color: 'gold', size: 'M', engraved: 'no' }),
  variant('2002', { color: 'rose gold', size: 'M', engraved: 'no' }),
  variant('2003', { color: 'gold', size: 'L', engraved: 'no' }),
  variant('2004', { color: 'gold', size: 'L', engraved: 'yes' }, 12),
];
const oldRing: JsonObject = {
  name: 'Ring',
  product_id: 'P2',
  ...variant('2001', { color: 'gold', size: 'M', engraved: 'no' }),
};
const order: JsonObject = {
  order_id: '#W1',
  items: [
    { name: 'Bookshelf', product_id: 'P1', item_id: '1001', options: { material: 'metal', height: '4 ft' } },
    { name: 'Bookshelf', product_id: 'P1', item_id: '1003', options: { material: 'wood', height: '5 ft' } },
    oldRing,
    oldRing,
    { name: 'T-Shirt', product_id: 'P4', item_id: '4001', options: { color: 'red', size: 'L', style: 'v-neck' } },
  ],
};

/** Of the lines of the order. */
const inOrder = (value: Json) =>
  groundArgument({ argument: 'item_ids', key: 'item_id', value, from: () => order.items, context: [order] });
/** Of the rings, keeping what the old one has. */
const newRing = (value: Json, records: readonly JsonObject[] = rings) =>
  groundArgument({
    argument: 'new_item_ids',
    key: 'item_id',
    value,
    from: () => records,
    keep: () => oldRing,
    context: [order, [{ name: 'Ring', variants: Object.fromEntries(rings.map((ring) => [ring.item_id, ring])) }]],
  });

describe('a value that is a key', () => {
  it('stays, in a list and alone', () => {
    expect(inOrder(['1003', '4001'])).toEqual({ value: ['1003', '4001'], rewrites: [] });
    expect(inOrder('1003')).toEqual({ value: '1003', rewrites: [] });
  });
  it('is cleaned of white space and taken from a number', () => {
    expect(inOrder([' 1003 ', 4001]).value).toEqual(['1003', '4001']);
  });
});

describe('a description', () => {
  it.each<[string, Json, string]>([
    ['a name that occurs once', 'T-Shirt', '4001'],
    ['another spelling of the name', 't shirt', '4001'],
    ['name and values', 'Bookshelf, wood, 5 ft', '1003'],
    ['joined units', 'bookshelf (5ft)', '1003'],
    ['property names', 'Bookshelf with material: metal', '1001'],
    ['a Python dict as text', "Bookshelf {'material': 'metal', 'height': '4 ft'}", '1001'],
    ['JSON as text', '{"name": "Bookshelf", "options": {"material": "wood"}}', '1003'],
    ['an object', { name: 'Bookshelf', options: { material: 'wood' } }, '1003'],
    ['a flat object with a made-up id', { item_id: '1008292230', name: 'Bookshelf', material: 'metal' }, '1001'],
    ['the key inside a text', 'T-Shirt (4001)', '4001'],
    ['an item that was ordered twice', 'Ring', '2001'],
  ])('%s', (_, description, key) => {
    const { value, rewrites, message } = inOrder([description]);
    expect(message).toBeUndefined();
    expect(value).toEqual([key]);
    expect(rewrites).toEqual([{ what: 'item_ids[0]', before: description, after: key }]);
  });

  it.each<[string, Json, string]>([
    ['takes the longest value first', 'Ring, rose gold', '2002'],
    ['keeps what is not mentioned', 'Ring, size L', '2003'],
    ['takes a value before its property', 'Ring in L size', '2003'],
    ['reads a lone "yes" in a list of values', 'Ring, gold, L, yes', '2004'],
    ['reads a flag beside its name', 'size L, engraved: yes', '2004'],
    ['reads an object', { name: 'Ring', size: 'L', engraved: 'yes' }, '2004'],
  ])('%s', (_, description, key) => {
    expect(newRing([description])).toMatchObject({ value: [key] });
  });
});

describe('a description that does not decide', () => {
  it.each<[string, Json, RegExp]>([
    ['two records', 'Bookshelf', /fits more than one item: say material \(metal, wood\)/],
    ['no record', 'Bookshelf, wood, 4 ft', /fits no item/],
    ['a value that nothing has', 'Bookshelf, oak', /say material \(metal, wood\)/],
    [
      'an unknown word about the only candidate',
      'T-Shirt, purple',
      /is not clear: say name \(T-Shirt\), color \(red\)/,
    ],
    ['two values of one property', 'Bookshelf metal, wood', /fits no item/],
    ['two items in one entry', 'Bookshelf, T-Shirt', /Write one entry for each item/],
    ['an invented id', '1008292230', /does not say which item: say name \(Bookshelf, Ring, T-Shirt\)/],
    ['a value under the wrong name', "T-Shirt {'style': 'red'}", /is not clear/],
    ['a negation', 'T-Shirt, not red', /is not clear/],
  ])('asks: %s', (_, description, message) => {
    const grounded = inOrder([description]);
    expect(grounded.value).toEqual([description]);
    expect(grounded.rewrites).toEqual([]);
    expect(grounded.message).toMatch(message);
  });

  it('asks for the wish when only the name is given', () => {
    const { value, message } = newRing(['Ring']);
    expect(value).toEqual(['Ring']);
    expect(message).toContain('say color (gold, rose gold), size (L, M), engraved (no, yes)');
    expect(message).toContain('Options that you leave out stay as they are.');
  });
  it('does not take "gold" for "rose gold" when that is sold out', () => {
    const left = rings.filter(({ item_id }) => item_id !== '2002');
    expect(newRing(['Ring, rose gold, M'], left).message).toMatch(/fits no new item/);
    expect(newRing(['Ring, white gold, M, engraved no'], left).message).toMatch(/is not clear/);
  });
  it('does not take another thing for the kept one', () => {
    expect(newRing(['T-Shirt, size L']).message).toMatch(/fits no new item/);
  });
  it('never shows a key and stays short', () => {
    for (const text of ['Bookshelf', '1008292230', 'Zebra', 'T-Shirt, purple']) {
      const { message } = inOrder([text]);
      expect(message?.replace(text, '')).not.toMatch(/\b(1001|1003|2001|4001|P\d)\b/);
      expect(message?.length).toBeLessThan(300);
    }
  });
  it('rewrites nothing of a call when one entry is open', () => {
    expect(inOrder(['T-Shirt', 'Bookshelf'])).toMatchObject({ value: ['T-Shirt', 'Bookshelf'], rewrites: [] });
  });
});

describe('no opinion', () => {
  const base = { argument: 'a', key: 'id', context: [] };
  it.each<[string, unknown]>([
    ['records are not known', undefined],
    ['records are no list', { a: 1 }],
    ['there is no record', []],
    ['records have no key', [{ name: 'x' }, null]],
  ])('when %s', (_, records) => {
    expect(groundArgument({ ...base, value: ['x'], from: () => records })).toEqual({ value: ['x'], rewrites: [] });
  });
  it('when what to keep is not known', () => {
    const request = { ...base, value: 'red', from: () => [{ id: '1', color: 'red' }] };
    expect(groundArgument({ ...request, keep: () => undefined }).value).toBe('red');
    expect(groundArgument(request).value).toBe('1');
  });
  it('about null, true and nested lists', () => {
    const value = [null, true, ['red']];
    expect(groundArgument({ ...base, value, from: () => [{ id: '1', color: 'red' }] }).value).toEqual(value);
  });
});

describe('other shapes of records', () => {
  it('payment methods', () => {
    const methods = [
      { id: 'credit_card_11', source: 'credit_card', brand: 'visa', last_four: '1234' },
      { id: 'credit_card_22', source: 'credit_card', brand: 'mastercard', last_four: '9876' },
      { id: 'paypal_33', source: 'paypal' },
      { id: 'gift_card_44', source: 'gift_card', balance: 50 },
    ];
    const pay = (value: Json) =>
      groundArgument({ argument: 'payment_method_id', key: 'id', value, from: () => methods, context: [] });
    expect(pay('PayPal').value).toBe('paypal_33');
    expect(pay('the visa credit card').value).toBe('credit_card_11');
    expect(pay('gift card').value).toBe('gift_card_44');
    expect(pay('credit card').message).toMatch(/say brand \(mastercard, visa\)/);
  });
  it('flat records with numbers, something kept', () => {
    const desks = [
      { id: 1, kind: 'desk', color: 'white', width: 120, price: 50 },
      { id: 2, kind: 'desk', color: 'black', width: 120, price: 55 },
      { id: 3, kind: 'desk', color: 'black', width: 160, price: 70 },
    ];
    const request = { argument: 'desk_id', key: 'id', from: () => desks, keep: () => desks[0], context: [] };
    expect(groundArgument({ ...request, value: 'width 160, black' }).value).toBe(3);
    expect(groundArgument({ ...request, value: 'black' }).message).toMatch(/fits more than one desk/);
  });
});

describe('properties', () => {
  const COLORS = ['red', 'gold', 'rose gold', 'navy', 'space grey'];
  const SIZES = ['S', 'M', 'XL', '5 ft', '10 ft'];
  const COVERS = ['soft', 'hard cover', 'none', 'USB-C'];
  const recordOf = fc.record({
    name: fc.constantFrom('Ring', 'Desk Lamp', 'Bookshelf'),
    color: fc.constantFrom(...COLORS),
    size: fc.constantFrom(...SIZES),
    cover: fc.constantFrom(...COVERS),
  });
  const worlds = fc
    .uniqueArray(recordOf, { minLength: 1, maxLength: 12, selector: (record) => JSON.stringify(record) })
    .map((list) => list.map(({ name, ...options }, i) => ({ item_id: `${7000 + i}`, name, options, price: i })));
  const describers: readonly ((record: { name: string; options: Record<string, string> }) => Json)[] = [
    ({ name, options }) => `${name}, ${Object.values(options).join(', ')}`,
    ({ name, options }) => `${name} ${JSON.stringify(options).replaceAll('"', "'")}`,
    ({ name, options }) =>
      `${name.toUpperCase()} with ${Object.entries(options)
        .map((pair) => pair.join(' '))
        .join(' and ')}`,
    ({ name, options }) => ({ name, options }),
    ({ name, options }) => ({ name, ...options }),
  ];
  const ground = (value: Json, records: readonly JsonObject[], keep?: JsonObject) =>
    groundArgument({
      argument: 'item_id',
      key: 'item_id',
      value,
      from: () => records,
      keep: keep && (() => keep),
      context: [],
    });
  const settings = { seed: 11, numRuns: 300 };

  it('known keys never change', () => {
    const property = fc.property(worlds, fc.nat(), fc.nat(), (world, i, k) => {
      const record = world[i % world.length];
      const keep = world[k % world.length];
      const key = record?.item_id ?? '';
      expect(ground(key, world)).toEqual({ value: key, rewrites: [] });
      expect(ground(key, world, keep)).toEqual({ value: key, rewrites: [] });
    });
    fc.assert(property, settings);
  });

  it('a full description gives its key, whatever is kept', () => {
    const property = fc.property(
      worlds,
      fc.nat(),
      fc.nat(),
      fc.constantFrom(...describers),
      (world, i, k, describer) => {
        const record = world[i % world.length];
        const keep = world[k % world.length];
        if (record === undefined || keep === undefined) return;
        expect(ground(describer(record), world).value).toBe(record.item_id);
        if (keep.name === record.name) expect(ground(describer(record), world, keep).value).toBe(record.item_id);
      },
    );
    fc.assert(property, settings);
  });

  it('a part of a description gives the one record that has it, and is never rewritten when several have', () => {
    const masks = fc.record({ name: fc.boolean(), color: fc.boolean(), size: fc.boolean(), cover: fc.boolean() });
    const property = fc.property(worlds, fc.nat(), masks, (world, i, mask) => {
      const record = world[i % world.length];
      if (record === undefined) return;
      const said: Record<string, string> = {};
      if (mask.name) said.name = record.name;
      for (const part of ['color', 'size', 'cover'] as const) if (mask[part]) said[part] = record.options[part];
      const same = world.filter(
        (other) =>
          (!mask.name || other.name === record.name) &&
          (['color', 'size', 'cover'] as const).every(
            (part) => !mask[part] || other.options[part] === record.options[part],
          ),
      );
      const { value, message } = ground(said, world);
      if (same.length === 1 && Object.keys(said).length > 0) expect(value).toBe(record.item_id);
      else {
        expect(value).toBe(said);
        expect(message).toBeDefined();
      }
    });
    fc.assert(property, settings);
  });

  it('never rewrites to a record that lacks a mentioned value', () => {
    const words = fc.array(fc.constantFrom(...COLORS, ...SIZES, ...COVERS, 'Ring', 'new', 'zebra', 'not'), {
      minLength: 1,
      maxLength: 5,
    });
    const property = fc.property(worlds, words, fc.nat(), (world, said, k) => {
      for (const keep of [undefined, world[k % world.length]]) {
        const { value, rewrites } = ground(said.join(', '), world, keep);
        if (rewrites.length === 0) continue;
        const record = world.find(({ item_id }) => item_id === value);
        const has = Object.values(record?.options ?? {}).concat(record?.name ?? '');
        for (const word of said.filter((item) => !['new', 'zebra'].includes(item))) expect(has).toContain(word);
      }
    });
    fc.assert(property, settings);
  });
});
