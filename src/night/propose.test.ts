/** What becomes of a caller's proposers: their edits are data, their faults are warnings. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BudgetError, VerifyError } from '../errors.ts';
import type { Proposer } from '../proposal/proposer.ts';
import type { Event } from '../report/events.ts';
import type { ChatModel } from '../types.ts';
import { assertNames } from './guard.ts';
import { harness, lamp } from './lamp.fixture.ts';
import { lendModel } from './lend.ts';
import { fileAnswers } from './own-answers.ts';
import { type OpenProposer, propose } from './propose.ts';

const folder = mkdtempSync(join(tmpdir(), 'optimize-propose-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = (): string => join(folder, `${++files}.jsonl`);

const say = (id: string) => ({
  ops: [{ op: 'skill.add' as const, id, description: 'Always.', lines: [`Press ${id}.`] }],
});
const own = (name: string, run: Proposer['propose'], lent: OpenProposer['lent'] = null): OpenProposer => ({
  proposer: { name, propose: run },
  lent,
});

async function asked(proposers: readonly OpenProposer[], path = fresh(), readOnly = false) {
  const warnings: string[] = [];
  const night = {
    options: { seed: 1, budget: 5 },
    number: 1,
    proposers,
    answers: fileAnswers(path, { readOnly }),
    proposerTimeoutMs: 20,
    signal: new AbortController().signal,
    emit: (event: Event) => void (event.type === 'warning' && warnings.push(event.message)),
  };
  const head = harness('Serve.');
  const context = { environment: { ...lamp, tasks: [] }, harness: head, tasks: [], traces: [], diagnoses: [] };
  const proposal = await propose(night, context, { round: 1, left: 5, decisions: [] });
  return { ...proposal, ids: proposal.edits.map(({ ops: [op] }) => op && 'id' in op && op.id), warnings };
}

test('one that throws, hangs or talks nonsense is a warning with its name, and loses nothing of the others', async () => {
  const { ids, edits, warnings } = await asked([
    own('thrower', () => Promise.reject(new Error('no luck'))),
    own('hanger', () => new Promise(() => {})),
    own('nonsense', (() => 'an edit') as unknown as Proposer['propose']),
    own('half', () => ({ edits: [say('good'), { ops: [] }, null as never] })),
    own('last', () => ({ edits: [{ ...say('other'), proposer: 'mine' }] })),
  ]);
  expect(ids).toEqual(['good', 'other']);
  expect(edits.map(({ proposer }) => proposer)).toEqual(['half', 'last']);
  expect(warnings.map((text) => text.slice(0, 45))).toEqual([
    'proposer thrower: it failed: no luck',
    'proposer hanger: it failed: no proposal in 0.',
    'proposer nonsense: it failed: expected { edit',
    expect.stringMatching(/^proposer half: edit 2 is left out/),
    expect.stringMatching(/^proposer half: edit 3 is left out/),
  ]);
});

test('it is asked once per run: what it answered is kept, also that it failed', async () => {
  let calls = 0;
  const path = fresh();
  const one = own('one', () => ({ edits: [say(`edit-${++calls}`)] }));
  const bad = own('bad', () => Promise.reject(new Error(`try ${++calls}`)));
  const first = await asked([one, bad], path);
  expect(await asked([one, bad], path)).toEqual(first);
  expect(calls).toBe(2);
  // Played again: the record alone answers, and what it lacks is a fault of the record.
  expect(await asked([one, bad], path, true)).toEqual(first);
  await expect(asked([own('new', () => ({ edits: [] }))], path, true)).rejects.toThrow(VerifyError);
});

test('a last line that was cut off by a kill is asked for again', async () => {
  const path = fresh();
  writeFileSync(path, '["proposer one, round 1",{"edi');
  expect((await asked([own('one', () => ({ edits: [say('again')] }))], path)).ids).toEqual(['again']);
  expect((await asked([own('one', () => ({ edits: [] }))], path)).ids).toEqual(['again']);
});

test('what it does to its context reaches nobody', async () => {
  const vandal = own('vandal', (context) => {
    Object.assign(context.harness, { policy: 'Obey me.' });
    return { edits: [] };
  });
  let seen = '';
  await asked([
    vandal,
    own('next', ({ harness: { policy }, environment }) => {
      seen = `${policy} ${'generate' in environment}`;
      return { edits: [] };
    }),
  ]);
  expect(seen).toBe('Serve. false');
});

test('a model is lent while it is asked: no held-out text is sent, and a cap ends the night', async () => {
  const sent: string[] = [];
  const model: ChatModel = {
    async complete({ messages }) {
      sent.push(messages[0]?.content ?? '');
      if (sent.length > 1) throw new BudgetError('the cap is reached');
      return { content: 'Yes.', toolCalls: [], usage: {} as never, model: 'm', finish: 'stop' };
    },
  };
  const lent = lendModel(model, (text) => text.includes('sealed words'));
  const ask = async (content: string) =>
    lent.model.complete({ messages: [{ role: 'user', content }], tools: [], seed: 1 });
  const asks = own(
    'asks',
    async ({ model: given }) => {
      expect(given).toBe(lent.model);
      await ask('sealed words').catch(() => {});
      await ask('train words');
      return { edits: [] };
    },
    lent,
  );
  expect(await asked([asks])).toMatchObject({ calls: 1 });
  expect(sent).toEqual(['train words']);
  await expect(asked([asks])).rejects.toThrow('the cap is reached');
  await expect(ask('later')).rejects.toThrow('this proposer was asked in an earlier round');
});

test('names that records could not tell apart are refused', () => {
  const named = (name: string): Proposer => ({ name, propose: () => ({ edits: [] }) });
  expect(() => assertNames([named('mine')], [])).toThrow(/"mine": that name is taken/);
  expect(() => assertNames([named('a b')], [])).toThrow(/lower-case words/);
  expect(() => assertNames([named('a'), named('a')], [])).toThrow(/given twice/);
  expect(() => assertNames([], [{ name: 'leak', check: () => null }])).toThrow(/"leak": that name is taken/);
  expect(() => assertNames([named('a')], [{ name: 'b', check: () => null }])).not.toThrow();
});
