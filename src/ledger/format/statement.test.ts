import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Decision } from '../kinds/index.ts';
import { canonicalText, decisionOf, decisionText, evidenceSchema, Statement, statementOf } from './statement.ts';

const file = (digit: string) => ({ sha256: digit.repeat(64), gitBlob: digit.repeat(40) });

const decision: Decision = {
  data: { environment: 'e', split: 's' },
  artifacts: [],
  limits: [],
  seq: 3,
  env: 'shop',
  run: 'night-1',
  kind: 'note',
  prev: 'a'.repeat(64),
  time: '2026-01-31T02:00:00Z',
  who: { tool: 't', agent: null, served: null, proposer: null, simulated: false, operator: 'test' },
  parent: { harness: 'b'.repeat(64), commit: null },
  signer: null,
  child: { harness: 'c'.repeat(64), files: { 'skills/a/SKILL.md': file('2'), 'policy.md': file('1') } },
};

it('turns a decision into a Statement about its files and back', () => {
  const statement = statementOf(decision);
  expect(statement.subject.map(({ name, digest }) => [name, digest])).toEqual([
    ['harness/shop/policy.md', file('1')],
    ['harness/shop/skills/a/SKILL.md', file('2')],
  ]);
  expect(statement.predicate.child).toEqual({ harness: 'c'.repeat(64) });
  expect(decisionOf(statement)).toEqual(decision);
  const text = decisionText(decision);
  expect(canonicalText(JSON.parse(text))).toBe(text);
  expect(decisionOf(Statement.parse(JSON.parse(text)))).toEqual(decision);
});

it('refuses a subject outside of the harness, out of order or twice', () => {
  const statement = statementOf(decision);
  const [first, second] = statement.subject;
  for (const subject of [[second, first], [first, first], [{ ...first, name: 'harness/other/policy.md' }]])
    expect(Statement.safeParse({ ...statement, subject }).success).toBe(false);
});

it('is described by docs/evidence.schema.json', () => {
  const path = join(import.meta.dirname, '../../../docs/evidence.schema.json');
  const text = `${JSON.stringify(evidenceSchema(), null, 1)}\n`;
  // UPDATE_SCHEMA=1 writes it anew.
  if (process.env.UPDATE_SCHEMA) writeFileSync(path, text);
  expect(readFileSync(path, 'utf8')).toBe(text);
});
