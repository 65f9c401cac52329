/** Rollouts on disk: read back as written, cut after a kill, and equal bytes in any order. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import type { Trace } from '../types.ts';
import { fileJournal, JOURNAL } from './journal.ts';

const root = mkdtempSync(join(tmpdir(), 'journal-'));
afterAll(() => rmSync(root, { recursive: true }));

const traceOf = (text: string) =>
  ({ id: text, split: 'train', score: null, steps: [], prompt: { tools: [] } }) as object as Trace;
const options = { keepSteps: true, bufferLines: 1 };
let folders = 0;
const write = (texts: readonly string[], kills: readonly number[] = []) => {
  const folder = join(root, `${++folders}`);
  let journal = fileJournal(folder, options);
  texts.forEach((text, at) => {
    journal.put({ key: sha256(text), trace: traceOf(text) });
    if (!kills.includes(at)) return;
    appendFileSync(join(folder, JOURNAL), '{"key":"half');
    journal = fileJournal(folder, options);
  });
  expect(journal.size).toBe(texts.length);
  for (const text of texts) expect(journal.get(sha256(text))).toMatchObject({ id: text });
  journal.seal();
  return readFileSync(join(folder, JOURNAL), 'utf8');
};

it('has the same bytes in any order of rollouts and with any kills, sorted as lines', () => {
  const texts = fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(texts, fc.array(fc.nat({ max: 11 })), (all, kills) => {
      const sealed = write(all);
      expect(write([...all].reverse(), kills)).toBe(sealed);
      const lines = sealed.trimEnd().split('\n');
      expect(lines).toEqual([...lines].sort());
    }),
    { seed: 7, numRuns: 30 },
  );
});
