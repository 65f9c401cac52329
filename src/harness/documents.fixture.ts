/** Arbitrary documents for property tests. */
import fc from 'fast-check';
import { Clause, type Contract, Format, HarnessSettings, Monitor, type Regulation, type Skill } from './schema.ts';

/** Lower-case words joined by "-". */
export const anyId: fc.Arbitrary<string> = fc.stringMatching(/^[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}$/);

/** Words that YAML finds hard: colons, hashes, quotes, braces, dashes, numbers, outer blanks. */
const anyWord = fc.oneof(
  fc.stringMatching(/^[a-zA-Z]{1,12}$/),
  fc.constantFrom(
    ':',
    '#',
    '- x',
    '"a"',
    "it's",
    '[x]',
    '{y}',
    'a: b',
    '|',
    '>',
    '&a',
    '*b',
    '!c',
    '%d',
    '@e',
    '`',
    '0',
    '1e3',
  ),
  fc.constantFrom('true', 'null', '~', 'yes', '---', '...', '#W123', '  ', 'é', '{ }', ', ', '?'),
);

/** A text of one line, at most `max` characters, never blank. */
export const anyText = (max: number): fc.Arbitrary<string> =>
  fc
    .array(anyWord, { minLength: 1, maxLength: 60 })
    .map((words) => words.join(' ').slice(0, max))
    .filter((text) => text.trim() !== '');

const anyProse = fc.oneof(
  anyText(600),
  fc.tuple(anyText(200), anyText(200)).map(([a, b]) => `${a}\n${b}`),
  fc.tuple(anyText(200), anyText(200)).map(([a, b]) => `${a}\n\n  ${b}\n`),
);

const anyExpression = fc.constantFrom(
  'order.status == "delivered"',
  'size(args.item_ids) == size(args.new_item_ids) && order.items.exists(x, x.item_id in args.item_ids)',
  'values(products[i].variants).filter(v, v.available)',
  'args.order_id',
  'called("get_order", {"order_id": args.order_id})',
  '1 + 2 > 2.5',
);

const anyStep = fc.oneof(
  fc
    .record(
      {
        as: fc.constantFrom('order', 'products', 'user1'),
        call: fc.constantFrom('get_order', 'get_product'),
        with: fc.dictionary(fc.constantFrom('order_id', 'product_id'), anyExpression, { maxKeys: 2 }),
        each: anyExpression,
      },
      { requiredKeys: ['as', 'call'] },
    )
    .map((read) => ({ read })),
  fc
    .record(
      {
        argument: fc.constantFrom('item_ids', 'x'),
        from: anyExpression,
        key: fc.constant('item_id'),
        keep: anyExpression,
        fallback: anyExpression,
      },
      { requiredKeys: ['argument', 'from', 'key'] },
    )
    .map((ground) => ({ ground })),
);

/** A clause with any of its optional parts. */
export const anyClause: fc.Arbitrary<Clause> = fc
  .record(
    {
      id: anyId,
      tools: fc.array(fc.constantFrom('cancel_order', 'exchange_items', 'done'), { minLength: 1, maxLength: 3 }),
      say: anyProse,
      tell: fc.constantFrom('description', 'system', 'off'),
      prepare: fc.array(anyStep, { maxLength: 3 }),
      require: anyExpression,
      enforce: fc.constantFrom('off', 'shadow', 'note', 'block', 'hard'),
      otherwise: anyText(400).map((text) => `${text.replaceAll('{{', '{ {')} {{args.order_id}} {{order.status}}.`),
      max_blocks: fc.integer({ min: 1, max: 20 }),
      priority: fc.integer({ min: -5, max: 5 }),
      evidence: fc.array(fc.constantFrom('t-0001', 't-0002', '3'), { maxLength: 3 }),
    },
    { requiredKeys: ['id', 'tools'] },
  )
  .map((clause) => Clause.parse(clause));

export const anyFormat: fc.Arbitrary<Format> = fc
  .record(
    {
      argument: fc.constantFrom('order_id', 'item_ids', 'zip'),
      tools: fc.array(fc.constantFrom('cancel_order', 'exchange_items'), { minLength: 1, maxLength: 2 }),
      pattern: fc.constantFrom('^#W[0-9]{7}$', '^[0-9]+$', '^(?:a|b), c$', '^it\'s "x": #$'),
      repair: fc.record(
        {
          prefix: fc.constantFrom('#', '- '),
          suffix: fc.constant(' x'),
          case: fc.constantFrom('lower', 'upper'),
          strip: fc.constant(' "'),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['argument', 'pattern'] },
  )
  .map((format) => Format.parse(format));

export const anyMonitor: fc.Arbitrary<Monitor> = fc
  .record(
    {
      id: anyId,
      kind: fc.constantFrom('duplicate_call', 'consecutive_failures', 'text_only', 'premature_finish', 'budget_left'),
      message: anyProse,
      window: fc.nat(9),
      threshold: fc.integer({ min: 1, max: 5 }),
      then: fc.constantFrom('hint', 'directive', 'stop'),
      cooldown: fc.nat(3),
      cap: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: ['id', 'kind', 'message'] },
  )
  .map((monitor) => Monitor.parse(monitor));

export const anyContract: fc.Arbitrary<Contract> = fc.record({
  clauses: fc.uniqueArray(anyClause, { maxLength: 4, selector: (clause) => clause.id }),
  aliases: fc.dictionary(
    fc.constantFrom('get_order', 'cancel_order'),
    fc.dictionary(fc.constantFrom('id', 'item', 'order'), fc.constantFrom('order_id', 'item_ids'), { minKeys: 1 }),
  ),
  formats: fc.uniqueArray(anyFormat, { maxLength: 3, selector: (format) => `${format.argument} ${format.pattern}` }),
});

export const anyRegulation: fc.Arbitrary<Regulation> = fc.record({
  monitors: fc.uniqueArray(anyMonitor, { maxLength: 3, selector: (monitor) => monitor.id }),
});

export const anySettings: fc.Arbitrary<HarnessSettings> = fc
  .record(
    {
      version: fc.constant(1),
      layers: fc.record({ contract: fc.boolean(), skills: fc.boolean() }, { requiredKeys: [] }),
      caps: fc.record({ clauses: fc.nat(50), words: fc.nat(5000) }, { requiredKeys: [] }),
      skills: fc.record({ top_k: fc.nat(3), min_score: fc.constantFrom(0, 0.25, 0.5) }, { requiredKeys: [] }),
      realization: fc.record(
        {
          protocol: fc.constantFrom('native', 'text'),
          rescue: fc.boolean(),
          max_blocks: fc.integer({ min: 1, max: 9 }),
        },
        { requiredKeys: [] },
      ),
      protected: fc.array(anyId, { maxLength: 2 }),
      permissions: fc.record(
        {
          tools: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
          limits: fc.array(
            fc.record({
              tool: fc.constantFrom('a', 'b'),
              argument: fc.constantFrom('n', 'm'),
              max: fc.integer({ min: 0, max: 3 }),
            }),
            { maxLength: 3 },
          ),
          confirm: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['version'] },
  )
  .map((settings) => HarnessSettings.parse(settings));

/** The body of a skill: lines that may look like front matter or headings. */
export const anySkill: fc.Arbitrary<Skill> = fc.record({
  name: anyId,
  description: anyText(300),
  metadata: fc.dictionary(fc.constantFrom('tools', 'version'), fc.oneof(anyText(40), fc.nat(9), fc.array(anyText(20)))),
  body: fc
    .array(fc.oneof(anyText(120), fc.constantFrom('', '---', '# Steps', '1. Read the order.')), {
      minLength: 1,
      maxLength: 8,
    })
    .map((lines) =>
      lines
        .join('\n')
        .replace(/^(?:[ \t]*\n)+/, '')
        .trimEnd(),
    )
    .filter((body) => body !== ''),
});
