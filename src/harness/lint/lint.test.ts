import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Tool } from '../../types.ts';
import { parseHarness } from '../parse.ts';
import { lintHarness, type Shapes, shapesOf } from './lint.ts';

const tool = (name: string, readOnly: boolean, ...required: string[]): Tool => ({
  name,
  description: name,
  parameters: {
    type: 'object',
    properties: Object.fromEntries(required.map((key) => [key, { type: 'string' }])),
    required,
  },
  readOnly,
});
const tools = [
  tool('get_order', true, 'order_id'),
  tool('get_product', true, 'product_id'),
  tool('cancel_order', false, 'order_id', 'reason'),
  tool('exchange_items', false, 'order_id', 'item_ids', 'new_item_ids'),
];
const variant = (id: string) => ({ item_id: id, available: true, options: { colour: 'red' } });
const shapes = shapesOf([
  { tool: 'get_order', content: JSON.stringify({ order_id: '#W1', status: 'open', items: [], cancel_reason: null }) },
  {
    tool: 'get_order',
    content: JSON.stringify({ order_id: '#W2', status: 'done', items: [{ item_id: '1', product_id: '9', price: 2 }] }),
  },
  { tool: 'get_order', content: 'Error: order not found' },
  {
    tool: 'get_product',
    content: JSON.stringify({ product_id: '9', variants: { '1001': variant('1001'), '1002': variant('1002') } }),
  },
]);
const lint = (files: Record<string, string>, known: Shapes = shapes) =>
  lintHarness(parseHarness('shop', new Map(Object.entries(files))), tools, known);

test('the examples of docs/harness.md fit together', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/harness.md'), 'utf8');
  const example = (path: string) =>
    text.split(`\n## ${path}\n`)[1]?.match(/```(?:yaml|markdown)\n([\s\S]*?)```/)?.[1] ?? '';
  const harness = parseHarness(
    'shop',
    new Map([
      ['harness.yaml', example('harness.yaml')],
      ['contract.yaml', example('contract.yaml')],
      ['regulation.yaml', example('regulation.yaml')],
      ['skills/refunds/SKILL.md', example('skills/\\<id\\>/SKILL.md')],
    ]),
  );
  const payment = { type: 'object', properties: { account_id: { type: 'string' }, cents: { type: 'integer' } } };
  const refund = tool('refund', false, 'order_id');
  const properties = { order_id: { type: 'string' }, payments: { type: 'array', items: payment } };
  const known = [tool('get_order', true, 'order_id'), { ...refund, parameters: { ...refund.parameters, properties } }];
  expect(lintHarness(harness, known, new Map())).toEqual([]);
  expect(harness.settings.protected).toEqual(['refund-delivered', 'refunds#Identity']);
  expect([harness.contract.clauses, harness.regulation.monitors, harness.skills].map(({ length }) => length)).toEqual([
    1, 1, 1,
  ]);
});

const sound = `clauses:
  - id: exchange
    tools: [exchange_items]
    say: Exchange once.
    prepare:
      - read: {as: order, call: get_order, with: {order_id: args.order_id}}
      - ground: {argument: item_ids, from: order.items, key: item_id}
      - read:
          as: products
          each: args.item_ids
          call: get_product
          with: {product_id: "order.items.filter(x, x.item_id == it)[0].product_id"}
      - ground:
          argument: new_item_ids
          from: values(products[i].variants).filter(v, v.available)
          key: item_id
          keep: order.items.filter(x, x.item_id == args.item_ids[i])[0]
    require: 'order.status == "open" && !called("cancel_order", {"order_id": args.order_id}) && calls.all(c, c.name != "x")'
    enforce: block
    otherwise: "{{args.order_id}} is {{order.status}}; use cancel_order."
  - {id: report, tools: [done], say: Say what was done., require: 'size(args.summary) > 3 && task.request != ""'}
aliases:
  get_order: {id: order_id}
formats:
  - {argument: order_id, pattern: "^#W[0-9]+$"}
  - {argument: reason, tools: [cancel_order], pattern: "^.+$"}
`;

test('a sound harness has no issues', () => {
  expect(lint({ 'contract.yaml': sound })).toEqual([]);
  expect(lint({})).toEqual([]);
});

const clause = (text: string) => ({ 'contract.yaml': `clauses:\n  - {id: a, tools: [cancel_order], ${text}}\n` });
const read = (text: string, more = '') => clause(`prepare: [{read: {${text}}}]${more}`);
const orderRead = 'as: order, call: get_order, with: {order_id: args.order_id}';

describe('each kind of issue', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'unknown tool',
      { 'contract.yaml': 'clauses: [{id: a, tools: [refund]}]' },
      /error clause a: there is no tool refund/,
    ],
    ['unknown tool to read', read('as: o, call: get_user, with: {}'), /no tool get_user to read/],
    [
      'a write as a read',
      read('as: o, call: cancel_order, with: {order_id: args.order_id, reason: args.reason}'),
      /not read-only/,
    ],
    [
      'unknown argument of a read',
      read('as: order, call: get_order, with: {order_id: args.order_id, id: args.order_id}'),
      /get_order has no argument id/,
    ],
    ['missing argument of a read', read('as: order, call: get_order'), /lacks the argument order_id/],
    [
      'a reserved name',
      read('as: args, call: get_order, with: {order_id: args.order_id}'),
      /args has a meaning of its own/,
    ],
    [
      'unknown argument of args',
      clause('require: args.amount > 1'),
      /error clause a: .*no tool of the clause has an argument amount/,
    ],
    [
      'unknown argument of a ground',
      clause('prepare: [{ground: {argument: item, from: args.reason, key: x}}]'),
      /has an argument item/,
    ],
    ['unbound name', clause('require: order.status == "open"'), /nothing binds the name order/],
    ['unknown member', read(orderRead, ', require: order.state == "open"'), /results have no state at order\.state/],
    [
      'unknown member of an element',
      read(orderRead, ', require: "order.items.all(x, x.cost > 1)"'),
      /no cost at order\.items\[\]\.cost/,
    ],
    ['unknown member in a text', read(orderRead, ', otherwise: "{{order.stat}}"'), /no stat at order\.stat/],
    ['an element of what is no list', read(orderRead, ', require: "order.price[0] > 1"'), /no price/],
    ['unknown tool in called', clause('require: called("refund")'), /names no tool: refund/],
    ['enforce without require', clause('enforce: note'), /warning clause a: enforce: note does nothing/],
    [
      'block without otherwise',
      clause('enforce: block, require: args.reason == "x"'),
      /warning clause a: enforce: block needs otherwise/,
    ],
    [
      'alias of an argument',
      { 'contract.yaml': 'aliases: {cancel_order: {reason: order_id}}' },
      /alias:cancel_order\.reason: reason is an argument/,
    ],
    [
      'alias to nothing',
      { 'contract.yaml': 'aliases: {cancel_order: {id: orderid}}' },
      /no argument orderid; it has order_id, reason/,
    ],
    ['alias of no tool', { 'contract.yaml': 'aliases: {refund: {id: order_id}}' }, /no tool refund/],
    [
      'format of no argument',
      { 'contract.yaml': 'formats: [{argument: zip, pattern: x}]' },
      /format:zip: no tool has an argument zip/,
    ],
    [
      'format of another tool',
      { 'contract.yaml': 'formats: [{argument: reason, tools: [get_order], pattern: x}]' },
      /get_order has no argument reason/,
    ],
    [
      'permission of no tool',
      { 'harness.yaml': 'version: 1\npermissions: {confirm: [refund]}' },
      /permissions: there is no tool refund/,
    ],
    ['protected nothing', { 'harness.yaml': 'version: 1\nprotected: [b]' }, /error protected: there is no/],
    [
      'a protected section that is not there',
      {
        'harness.yaml': "version: 1\nprotected: ['s#Twice', 's#Once']",
        'skills/s/SKILL.md': '---\nname: s\ndescription: x\n---\n# Once\nx\n# Twice\nx\n# Twice\ny\n',
      },
      /expected one heading "Twice" in the skill s, found 2$/,
    ],
    ['a section of no skill', { 'harness.yaml': "version: 1\nprotected: ['s#Money']" }, /there is no skill s/],
    [
      'too many clauses',
      { ...clause('say: x'), 'harness.yaml': 'version: 1\ncaps: {clauses: 0}' },
      /caps: expected at most 0 clauses, found 1/,
    ],
    [
      'too many words',
      { ...clause('say: one two three'), 'harness.yaml': 'version: 1\ncaps: {words: 2}' },
      /at most 2 words, found 3/,
    ],
  ])('%s', (_, files, message) => {
    const issues = lint(files);
    expect(issues.map(({ severity, where, message: text }) => `${severity} ${where}: ${text}`).join('\n')).toMatch(
      message,
    );
    expect(issues).toHaveLength(1);
  });
});

const two = (first: string, second: string) => ({
  'contract.yaml': `clauses:
  - {id: a, tools: [cancel_order], prepare: [{read: {${orderRead}}}], enforce: note, otherwise: x, require: '${first}'}
  - {id: b, tools: [cancel_order], prepare: [{read: {${orderRead.replace('as: order', 'as: o')}}}], enforce: note, otherwise: y, require: '${second}'}
`,
});

describe('contradictions', () => {
  test('two values of one thing, whatever it is called', () => {
    const issues = lint(two('order.status == "open"', 'o.status == "done" && args.reason != ""'));
    expect(issues).toEqual([
      expect.objectContaining({
        severity: 'error',
        where: 'clause b',
        message: expect.stringMatching(/contradicts clause a/),
      }),
    ]);
    expect(lint(two('order.status in ["open", "new"]', '"done" == o.status'))).toHaveLength(1);
  });
  test('not where both can hold', () => {
    expect(lint(two('order.status == "open"', 'o.order_id == "#W1"'))).toEqual([]);
    expect(lint(two('order.status in ["open", "new"]', 'o.status == "open"'))).toEqual([]);
    expect(lint(two('order.status == "open"', 'o.status == "done" || args.reason == "x"'))).toEqual([]);
  });
});

test('a clause that says the same as another', () => {
  const text =
    'clauses: [{id: a, tools: [cancel_order], say: x, evidence: [t]}, {id: b, tools: [cancel_order], say: x}]';
  expect(lint({ 'contract.yaml': text })[0]?.message).toMatch(/says the same as clause a/);
});

test('paths of a tool that was never seen are not checked', () => {
  expect(lint(read(orderRead, ', require: order.state == "open"'), new Map())).toEqual([]);
});

describe('shapesOf', () => {
  test('merges results, lists and maps keyed by ids', () => {
    expect(shapes.get('get_order')).toEqual({
      order_id: '#W1',
      status: 'open',
      items: [{ item_id: '1', product_id: '9', price: 2 }],
      cancel_reason: null,
    });
    expect(shapes.get('get_product')).toEqual({ product_id: '9', variants: { '*': variant('1001') } });
  });
  test('finds maps by likeness of their values, and leaves records alone', () => {
    const stock = Object.fromEntries(['red', 'blue', 'green', 'black'].map((name) => [name, { count: 1, size: name }]));
    const record = { first: 'Ann', last: 'Lee', city: 'Rome', state: 'X', zip: '00100' };
    const found = shapesOf([{ tool: 't', content: JSON.stringify({ stock, record }) }]).get('t');
    expect(found).toEqual({ stock: { '*': { count: 1, size: 'red' } }, record });
  });
  test('says nothing for texts', () => {
    expect(
      shapesOf([
        { tool: 't', content: '"4.5"' },
        { tool: 't', content: 'done' },
      ]).size,
    ).toBe(0);
  });

  const db = join(import.meta.dirname, '../../../../shared/data/tau2/retail/db.json');
  test.skipIf(!existsSync(db))('finds the maps of the public retail data (skipped without ../shared)', () => {
    const { products, users, orders } = JSON.parse(readFileSync(db, 'utf8')) as Record<string, Record<string, unknown>>;
    const some = (map: Record<string, unknown> | undefined, name: string) =>
      Object.values(map ?? {})
        .slice(0, 60)
        .map((value) => ({ tool: name, content: JSON.stringify(value) }));
    const all = shapesOf([...some(products, 'product'), ...some(users, 'user'), ...some(orders, 'order')]);
    expect(Object.keys(all.get('product') as object)).toEqual(['name', 'product_id', 'variants']);
    expect((all.get('product') as { variants: object }).variants).toHaveProperty(['*', 'available']);
    expect((all.get('user') as { payment_methods: object }).payment_methods).toHaveProperty(['*', 'source']);
    expect(all.get('user')).toHaveProperty(['address', 'zip']);
    expect(all.get('order')).toHaveProperty(['items', 0, 'options']);
    expect(all.get('order')).toHaveProperty(['payment_history', 0, 'amount']);
  });
});
