/** Files of `init --kind document`: 60 invoices with their fields as JSON, one skill, no tool. */
import { pick, type Random, randomOf } from '../digest.ts';
import type { Split } from '../types.ts';

const environmentText = (name: string): string => `import { readFileSync } from 'node:fs';
import { defineEnvironment, fieldsOf } from 'harness-optimizer';
// One row per document: its text and the fields that are right. Replace rows.jsonl by your own.
const file = readFileSync(new URL('./rows.jsonl', import.meta.url), 'utf8');
const rows = file.replace(/^\\uFEFF/, '').trim().split('\\n').map((line) => JSON.parse(line));
const text = { type: 'string' };
export default defineEnvironment({
  name: '${name}',
  tasks: rows.map(({ id, split, document, fields }) => ({ id, split, input: { document, fields } })),
  prompt: ({ input }) => input.document,
  tools: {},
  answer: {
    kind: 'json',
    schema: {
      type: 'object',
      properties: { vendor: text, number: text, date: text, total: { type: 'number' } },
      required: ['vendor', 'number', 'date', 'total'],
      additionalProperties: false,
    },
  },
  reset: () => ({}),
  score: fieldsOf(({ input }) => input.fields),
  oracle: ({ input }) => ({ calls: [], summary: JSON.stringify(input.fields) }),
  maxTurns: 3,
});
`;

const policyText = `You read invoices. Answer with their fields as JSON, {"vendor": ..., "number": ..., "date": ..., "total": ...}, and nothing else.
`;

const settingsText = `# Every key is described in docs/harness.md of harness-optimizer.
version: 1
preamble: false
skills: {show: always}
editable: [skills/*]
`;

const skillText = `---
name: fields
description: How to read the fields of an invoice
---
1. Read the whole invoice before you answer.
2. Give each field as it is asked for, and nothing else.
`;

const VENDORS = ['Nordlicht', 'Alba Paper', 'Quarry & Sons', 'Teal Works', 'Hartmann', 'Blue Fern', 'Osprey Tools'];
const FORMS = ['GmbH', 'Ltd', 'Inc.', 'S.A.', 'LLC'];
const GOODS = ['desk lamps', 'reams of paper', 'oak shelves', 'cable drums', 'filter sets', 'work gloves'];
const MONTHS = 'January February March April May June July August September October November December'.split(' ');

interface Invoice {
  readonly seller: string;
  readonly number: string;
  readonly day: number;
  readonly month: number;
  readonly year: number;
  readonly pieces: number;
  readonly goods: string;
  readonly cents: number;
}

const two = (n: number): string => String(n).padStart(2, '0');
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
const amount = (cents: number): string => `${grouped(Math.floor(cents / 100))}.${two(cents % 100)}`;
const longDate = ({ day, month, year }: Invoice): string => `${day} ${MONTHS[month - 1]} ${year}`;

/** The same facts in the words of different senders. */
const LAYOUTS: readonly ((invoice: Invoice) => string)[] = [
  (one) =>
    `${one.seller}\nInvoice ${one.number}\nDate: ${longDate(one)}\n\n${one.pieces} ${one.goods}\nTotal due: EUR ${amount(one.cents)}\n`,
  (one) =>
    `INVOICE no. ${one.number}, ${MONTHS[one.month - 1]} ${one.day}, ${one.year}\nFrom: ${one.seller}\n${one.pieces} x ${one.goods}\nAmount: ${amount(one.cents)} EUR, payable within 30 days\n`,
  (one) =>
    `Good morning,\nfor ${one.pieces} ${one.goods} sent last week we charge EUR ${amount(one.cents)}. Please quote ${one.number} when you pay.\n${one.seller}, ${longDate(one)}\n`,
];

const between = (least: number, most: number, random: Random): number =>
  least + Math.floor(random() * (most - least + 1));

function rowOf(index: number, split: Split, random: Random): string {
  const vendor = pick(VENDORS, random);
  const invoice: Invoice = {
    seller: `${vendor} ${pick(FORMS, random)}`,
    number: `${pick(['INV', 'R', 'A'], random)}-${between(1000, 9999, random)}`,
    day: between(1, 28, random),
    month: between(1, 12, random),
    year: between(2023, 2026, random),
    pieces: between(2, 90, random),
    goods: pick(GOODS, random),
    cents: between(1_000, 900_000, random),
  };
  const { number, year, month, day, cents } = invoice;
  const fields = { vendor, number, date: `${year}-${two(month)}-${two(day)}`, total: cents / 100 };
  return JSON.stringify({ id: `doc-${two(index + 1)}`, split, document: pick(LAYOUTS, random)(invoice), fields });
}

const SPLITS: readonly Split[] = (['train', 'dev', 'sealed'] as const).flatMap((split, i) =>
  Array<Split>(10 * (i + 1)).fill(split),
);

/** Path, from the root of the repository, and text of each file. */
export function documentFiles(name: string, environment: string): readonly (readonly [path: string, text: string])[] {
  const random = randomOf('document rows', 1);
  return [
    [environment, environmentText(name)],
    [`evals/${name}/rows.jsonl`, `${SPLITS.map((split, i) => rowOf(i, split, random)).join('\n')}\n`],
    [`harness/${name}/policy.md`, policyText],
    [`harness/${name}/harness.yaml`, settingsText],
    [`harness/${name}/skills/fields/SKILL.md`, skillText],
  ];
}
