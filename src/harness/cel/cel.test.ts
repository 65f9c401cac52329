import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../digest.ts';
import { type CelScope, compileExpression, paths, renderTemplate } from './cel.ts';

const scope: CelScope = {
  values: {
    args: { order_id: '#W1', item_ids: ['1', '2'], one: '1', amount: 5, nothing: null },
    order: {
      status: 'pending',
      items: [
        { item_id: '1', price: 2, options: { size: 'L' } },
        { item_id: '2', price: 3.5, options: { size: 'M' } },
      ],
      reason: null,
      total: 5.5,
    },
    products: [{ variants: { a: { id: 'a', available: true }, b: { id: 'b', available: false } } }, null],
    i: 1,
  },
  calls: [
    { name: 'get_order', arguments: { order_id: '#W1' }, error: false, result: { ok: true } },
    { name: 'cancel', arguments: { order_id: '#W1', n: 2 }, error: true },
    { name: 'cancel', arguments: { order_id: '#W1', n: 2 }, error: false },
  ],
};
const evaluate = (source: string) => compileExpression(source).evaluate(scope);

describe('a decided expression', () => {
  test.each<[string, unknown]>([
    ['order.status == "pending"', true],
    ['order.status in ["pending", "delivered"]', true],
    ['order.status == 5', false],
    ['size(args.item_ids) == size(order.items)', true],
    ['order.items[0].price == 2', true],
    ['order.items[0].price + 1', 3],
    ['1 + order.items[1].price', 4.5],
    ['order.items[1].price * 2 - 1', 6],
    ['args.amount / 2', 2.5],
    ['args.amount % 2 == 1', true],
    ['args.amount <= order.total', true],
    ['1 == 1.0', true],
    ['order.items.map(x, x.price)', [2, 3.5]],
    ['order.items.filter(x, x.item_id == args.item_ids[i])[0].price', 3.5],
    ['order.items.all(x, x.item_id in args.item_ids)', true],
    ['values(products[0].variants).filter(v, v.available).map(v, v.id)', ['a']],
    ['[1, 2].map(x, x + 1)', [2, 3]],
    ['{"n": 1}', { n: 1 }],
    ['has(order.nope)', false],
    ['order.reason == null', true],
    ['order.status != null', true],
    ['called("get_order")', true],
    ['called("get_order", {"order_id": args.order_id})', true],
    ['called("get_order", {"order_id": "#W2"})', false],
    ['called("cancel", {"n": 2})', true],
    ['called("refund")', false],
    ['count("cancel") + count("get_order")', 2],
    ['calls.filter(c, c.error).size()', 1],
    ['calls[0].result.ok', true],
  ])('%s', (source, value) => {
    expect(evaluate(source)).toEqual({ kind: 'value', value });
  });
});

describe('missing data means no opinion', () => {
  test.each([
    ['an unknown name', 'product.price > 1'],
    ['a name of the language itself', 'constructor'],
    ['an unknown key', 'order.nope == "x"'],
    ['a key of a text', 'order.status.name'],
    ['an inherited key', 'order.constructor'],
    ['an index out of range', 'order.items[7].price'],
    ['a key below null', 'order.reason.text'],
    ['an element that a failed read left null', 'products[1].variants'],
    ['a null operand of ==', 'order.reason == "x"'],
    ['a null operand of !=', 'order.reason != "x"'],
    ['two null operands', 'order.reason == args.nothing || order.reason < 1'],
    ['a null operand of <', 'order.reason < 3'],
    ['a null operand of +', 'order.total + args.nothing'],
    ['a null operand of !', '!order.reason'],
    ['a null operand of &&', 'order.reason && true'],
    ['a null condition', 'order.reason ? 1 : 2'],
    ['null looked for in a list', 'args.nothing in ["a"]'],
    ['null as a list', 'order.reason.exists(x, x == 1)'],
    ['a text as a list', 'args.one.map(x, x)'],
    ['a number as a list', 'args.amount.all(x, x > 1)'],
    ['a text as the list of in', '"1" in args.one'],
    ['a number as the list of in', '1 in args.amount'],
    ['the size of a number', 'size(args.amount)'],
    ['values of a list', 'values(args.item_ids)'],
    ['values of null', 'values(order.reason)'],
    ['a missing key inside a filter', 'order.items.filter(x, x.colour == "red")'],
    ['a missing key inside a call of called', 'called("cancel", {"n": args.nope})'],
    ['both sides of ||', 'order.nope || order.reason == "x"'],
    ['|| with false', 'order.nope || false'],
    ['&& with true', 'true && order.nope'],
  ])('%s: %s', (_, source) => {
    expect(evaluate(source)).toEqual({ kind: 'undecided' });
  });

  test.each<[string, boolean]>([
    ['order.nope || true', true],
    ['true || order.nope', true],
    ['order.nope && false', false],
    ['order.reason == "x" && order.status == "delivered"', false],
    ['order.items.exists(x, x.colour == "red" || x.item_id == "1")', true],
    ['[order.reason, "a"].exists(x, x == "a")', true],
  ])('but && and || may decide without it: %s', (source, value) => {
    expect(evaluate(source)).toEqual({ kind: 'value', value });
  });
});

describe('any other fault', () => {
  test.each([
    'args.amount.startsWith("x")',
    'order.status < 3',
    'args.amount && true',
    'order.total + "x"',
    '1 / 0',
    'order.total / 0.0',
  ])('is an error at evaluation: %s', (source) => {
    expect(evaluate(source).kind).toBe('error');
  });

  test.each<[string, RegExp]>([
    ['order.status ==', /line 1, column 16/],
    ['a &&\n  b ||', /line 2, column 7/],
    ['order.lookup(1)', /lookup/],
    ['fetch("x")', /fetch/],
    ['"a" + 1', /no such overload/],
    ['args.order_id.matches("^#W")', /`matches` is not allowed.*startsWith/],
    ['', /expected a CEL expression/],
  ])('is refused at compilation: %j', (source, message) => {
    expect(() => compileExpression(source)).toThrow(message);
  });
});

describe('work is bounded', () => {
  const nine = '[1, 2, 3, 4, 5, 6, 7, 8, 9]';
  const nested = (macro: string, body: string) =>
    `${[...'abcdefghj'].map((name) => `${nine}.${macro}(${name}, `).join('')}${body}${')'.repeat(9)}`;
  const large: CelScope = {
    values: { many: Array.from({ length: 100 }, (_, n) => n), text: 'x'.repeat(100) },
    calls: [],
  };

  test.each<[string, string]>([
    ['nested loops', nested('all', 'a < 10')],
    ['nested loops that find nothing', nested('exists', 'a > 10')],
    ['nested lists', nested('map', 'a')],
    ['loops beside a side that decides', `(${nested('all', 'a < 10')}) || true`],
    ['loops over data', 'many.map(x, many.map(y, many.filter(z, z == x)))'],
    ['a text that doubles', `[text]${'.map(x, x + x)'.repeat(24)}`],
    ['a list that doubles', `[many]${'.map(x, x + x)'.repeat(24)}`],
    ['a list of itself', `[many]${'.map(x, [x, x])'.repeat(24)}`],
    ['a joined text that doubles', `["abcdefgh"]${'.map(x, [x, x].join())'.repeat(24)}`],
    [
      'names for what doubles',
      'cel.bind(a, [many, many], cel.bind(b, [a, a, a, a], cel.bind(c, [b, b, b, b], cel.bind(d, [c, c, c, c, c, c, c, c, c], d))))',
    ],
    ['comparisons of large lists', 'many.all(x, many.all(y, [many] != [many, many]))'],
  ])('%s', (_, source) => {
    expect(compileExpression(source).evaluate(large)).toEqual({
      kind: 'error',
      message: expect.stringMatching(/more than 20000 steps/),
    });
  });

  test('and what a harness does with large data is not', () => {
    for (const source of [
      'many.filter(x, x in many).size() == 100',
      'many.map(x, many.exists(y, y == x)).all(b, b)',
      'many + many == many + many',
    ])
      expect(compileExpression(source).evaluate(large)).toEqual({ kind: 'value', value: true });
  });
});

test('equal text compiles once', () => {
  expect(compileExpression('order.total > 1')).toBe(compileExpression('order.total > 1'));
});

test('a scope does not leak into the next evaluation', () => {
  const expression = compileExpression('count("cancel")');
  expect(expression.evaluate(scope)).toEqual({ kind: 'value', value: 1 });
  expect(expression.evaluate({ values: {}, calls: [] })).toEqual({ kind: 'value', value: 0 });
});

test('whatever the data are, evaluation does not throw and values are JSON', () => {
  const sources = [
    'a.b == c && d[0] > 1',
    'a.filter(x, x.b == c[i]).map(x, [x, size(x)])',
    'values(a).exists(v, v.b in c) || called("t", {"a": a})',
    '[a + 1, c * 2.5, d % 3, {"k": i}]',
    'a ? b : string(c) + d',
  ];
  const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'i'), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(fc.constantFrom(...sources), data, (source, values) => {
      const outcome = compileExpression(source).evaluate({ values, calls: scope.calls });
      if (outcome.kind === 'value') canonicalJson(outcome.value);
      expect(['value', 'undecided', 'error']).toContain(outcome.kind);
    }),
    { seed: 11, numRuns: 500 },
  );
});

describe('paths', () => {
  test.each<[string, string[]]>([
    ['order.status == "x"', ['order.status']],
    [
      'order.items.filter(x, x.item_id == it)[0].product_id',
      ['order.items[].item_id', 'it', 'order.items[].product_id'],
    ],
    [
      'values(products[i].variants).filter(v, v.available)',
      ['i', 'products[].variants[].available', 'products[].variants[]'],
    ],
    ['order.items.exists(x, x.item_id == args.item_ids[i])', ['order.items[].item_id', 'i', 'args.item_ids[]']],
    ['order.items.map(x, x.price).exists(p, p > 1)', ['order.items[].price']],
    ['order["status"] in ["a"]', ['order.status']],
    ['order["a key"].x == 1', ['order[].x']],
    ['has(order.gift) && order.total > 1', ['order.total']],
    ['cel.bind(o, order.items[0], o.price > 1)', ['order.items[].price']],
    ['called("x", {"a": args.b})', ['args.b']],
  ])('%s', (source, expected) => {
    expect(paths(source)).toEqual(expected);
  });
});

describe('renderTemplate', () => {
  test.each<[string, string]>([
    ['{{args.order_id}} is {{order.status}}.', '#W1 is pending.'],
    ['items {{args.item_ids}}', 'items 1, 2'],
    ['{{order.items[0].options}}', '{"size":"L"}'],
    ['{{called("cancel", {"n": 2})}} and {{"}}"}}', 'true and }}'],
    ['{{order.nope}} {{order.reason}} {{1 / 0}}', '? ? ?'],
    ['a plain {text}', 'a plain {text}'],
  ])('%s', (text, expected) => {
    expect(renderTemplate(text, scope)).toBe(expected);
  });

  test('names the place of a hole that is not closed', () => {
    expect(() => renderTemplate('see {{order.status', scope)).toThrow(/"}}" after "{{" at character 5/);
  });
});
