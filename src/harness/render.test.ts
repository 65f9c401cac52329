import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyContract, anyRegulation, anySettings, anySkill } from './documents.fixture.ts';
import { parseHarness } from './parse.ts';
import { renderContract, renderRegulation, renderSettings } from './render.fixture.ts';
import { renderSkill } from './render.ts';
import { Contract } from './schema.ts';

const options = { seed: 20, numRuns: 150 };
const parse = (path: string, text: string) => parseHarness('shop', new Map([[path, text]]));

describe('parse after render gives the same document, and render after that the same text', () => {
  test('contract', () => {
    fc.assert(
      fc.property(anyContract, (contract) => {
        const text = renderContract(contract);
        const again = parse('contract.yaml', text).contract;
        expect(again).toEqual(contract);
        expect(renderContract(again)).toBe(text);
      }),
      options,
    );
  });
  test('regulation', () => {
    fc.assert(
      fc.property(anyRegulation, (regulation) => {
        const text = renderRegulation(regulation);
        expect(parse('regulation.yaml', text).regulation).toEqual(regulation);
      }),
      options,
    );
  });
  test('settings', () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        expect(parse('harness.yaml', renderSettings(settings)).settings).toEqual(settings);
      }),
      options,
    );
  });
  test('skill', () => {
    fc.assert(
      fc.property(anySkill, (skill) => {
        const text = renderSkill(skill);
        const again = parse(`skills/${skill.name}/SKILL.md`, text).skills;
        expect(again).toEqual([skill]);
      }),
      options,
    );
  });
});

const contract = Contract.parse({
  clauses: [
    {
      id: 'exchange-delivered-once',
      tools: ['exchange_items'],
      say: 'Only a delivered order can be exchanged, and only once. Collect all items first, then make one call that names each of them.',
      prepare: [
        { read: { as: 'order', call: 'get_order', with: { order_id: 'args.order_id' } } },
        {
          ground: {
            argument: 'new_item_ids',
            from: 'values(products[i].variants).filter(v, v.available)',
            key: 'item_id',
            keep: 'order.items.filter(x, x.item_id == args.item_ids[i])[0]',
          },
        },
      ],
      require: 'order.status == "delivered"',
      enforce: 'block',
      otherwise: '{{args.order_id}} is {{order.status}}.',
    },
  ],
  aliases: { get_order: { id: 'order_id' } },
  formats: [{ argument: 'order_id', pattern: '^#W[0-9]{7}$', repair: { prefix: '#' } }],
});

test('a contract reads well: defaults left out, prose folded, small maps on one line', () => {
  expect(renderContract(contract)).toBe(`clauses:
  - id: exchange-delivered-once
    tools: [exchange_items]
    say: >-
      Only a delivered order can be exchanged, and only once. Collect all items first, then make one
      call that names each of them.
    prepare:
      - read: {as: order, call: get_order, with: {order_id: args.order_id}}
      - ground:
          argument: new_item_ids
          from: values(products[i].variants).filter(v, v.available)
          key: item_id
          keep: order.items.filter(x, x.item_id == args.item_ids[i])[0]
    require: order.status == "delivered"
    enforce: block
    otherwise: "{{args.order_id}} is {{order.status}}."
aliases:
  get_order: {id: order_id}
formats:
  - {argument: order_id, pattern: "^#W[0-9]{7}$", repair: {prefix: "#"}}
`);
});

test('nothing to say renders as nothing', () => {
  expect(renderContract(Contract.parse({}))).toBe('');
  expect(renderRegulation({ monitors: [] })).toBe('');
});
