/** What is stored of conversations that go on, and where their outcomes stay. */
import { mkdtempSync, readdirSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { shop } from '../runtime/shop.fixture.ts';
import { openStore } from '../traces/store.ts';
import type { Json, JsonObject } from '../types.ts';
import { settingOf } from './begin.ts';
import { openJournal } from './journal.ts';
import { openKeeper } from './records.ts';
import type { Overheard } from './shadow.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gateway-records-'));
});
const keeper = () => openKeeper({ root, setting: settingOf(shop), redact: String, warn: () => {} });
const stored = () => [...openStore(root, 'shop').read()];

const talk = (...texts: string[]): Overheard => {
  const said = (text: string, at: number): JsonObject => ({ role: at % 2 === 0 ? 'user' : 'assistant', content: text });
  const messages = texts.map(said);
  return {
    id: 'aaaaaaaaaaaa',
    time: '2026-01-01T00:00:00.000Z',
    body: { messages: messages.slice(0, -1) as Json },
    reply: messages.at(-1) as JsonObject,
    usages: [],
    model: 'm',
  };
};

test.each([false, true])('one that goes on is stored once, with its outcome; in a new process: %s', (restarted) => {
  const first = keeper();
  first.overheard(talk('Hi', 'Yes?'));
  first.flush();
  expect(first.outcome('aaaaaaaaaaaa', { reward: 1 }, false)).toBe(true);
  const second = restarted ? keeper() : first;
  second.overheard(talk('Hi', 'Yes?', 'Where?', 'Here.'));
  second.flush();
  expect(stored()).toMatchObject([{ id: 'aaaaaaaaaaaa', outcome: { reward: 1, by: 'client' } }]);
  expect(JSON.stringify(stored())).toContain('Here.');
  expect(first.stored + (restarted ? second.stored : 0)).toBe(1);
});

test('an outcome that is told again counts, and one of nobody does not', () => {
  const one = keeper();
  one.overheard(talk('Hi', 'Yes?'));
  one.outcome('aaaaaaaaaaaa', { reward: 0 }, false);
  one.flush();
  one.outcome('aaaaaaaaaaaa', { reward: 1 }, true);
  one.overheard(talk('Hi', 'Yes?', 'And?', 'Done.'));
  one.flush();
  expect(stored().map(({ outcome }) => outcome.reward)).toEqual([1]);
  expect(one.outcome('bbbbbbbbbbbb', { reward: 1 }, false)).toBe(false);
});

test('a journal is a day old at most, also of a gateway that runs for long', () => {
  const journal = openJournal(root, 'shop', String);
  for (const id of ['aaaaaaaaaaaa', 'bbbbbbbbbbbb']) {
    journal.add(id, { view: 'v', length: 1 });
    journal.write(id);
  }
  const folder = join(root, 'runs/gateway/shop');
  const old = new Date(Date.now() - 90_000_000);
  utimesSync(join(folder, 'aaaaaaaaaaaa.jsonl'), old, old);
  journal.sweep();
  expect(readdirSync(folder)).toEqual(['bbbbbbbbbbbb.jsonl']);
});
