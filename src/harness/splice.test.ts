/** Splices turn one harness into the other, byte for byte, and apply nowhere else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HarnessFiles } from '../types.ts';
import { type Splice, splicesOf } from './splice.ts';

/** Throws RangeError where a splice does not fit: a file is missing or extra, or text differs. */
function applySplices(before: HarnessFiles, splices: readonly Splice[]): HarnessFiles {
  const files = new Map(before);
  for (const { path, status, at, removed, inserted } of splices) {
    const old = files.get(path);
    if ((old === undefined) !== (status === 'added'))
      throw new RangeError(`${path}: expected ${status === 'added' ? 'no file' : 'a file'} before it is ${status}`);
    const bytes = Buffer.from(old ?? '');
    const gone = Buffer.from(removed);
    if (!bytes.subarray(at, at + gone.length).equals(gone))
      throw new RangeError(`${path}: expected ${JSON.stringify(removed.slice(0, 60))} at byte ${at}`);
    if (status === 'removed') files.delete(path);
    else {
      const rest = bytes.subarray(at + gone.length);
      files.set(path, Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted), rest]).toString('utf8'));
    }
  }
  return files;
}

const text = fc
  .array(fc.constantFrom('a', 'b', '\n', 'é', '😀', '🙂', '中'), { maxLength: 12 })
  .map((parts) => parts.join(''));
const files = fc
  .dictionary(fc.constantFrom('policy.md', 'contract.yaml', 'skills/x/SKILL.md'), text)
  .map((record) => new Map(Object.entries(record)));

test('applied to the one they give the other', () => {
  fc.assert(
    fc.property(files, files, (before, after) => {
      const splices = splicesOf(before, after);
      expect(new Map([...applySplices(before, splices)].sort())).toEqual(new Map([...after].sort()));
      expect(splices.length === 0).toBe(
        [...before].every(([path, old]) => after.get(path) === old) && before.size === after.size,
      );
      // A splice never cuts a character in two, which UTF-8 could not hold.
      for (const { removed, inserted } of splices)
        for (const part of [removed, inserted]) expect(Buffer.from(part).toString('utf8')).toBe(part);
    }),
    { seed: 2, numRuns: 500 },
  );
});

test('one small change is one small splice, at its place in bytes', () => {
  const before = new Map([['policy.md', 'Grüße 😀. Be kind.\n']]);
  const after = new Map([['policy.md', 'Grüße 🙂. Be kind.\n']]);
  expect(splicesOf(before, after)).toEqual([
    { path: 'policy.md', status: 'changed', at: 8, removed: '😀', inserted: '🙂' },
  ]);
});

test('they are refused where they do not fit', () => {
  const before = new Map([['policy.md', 'Be kind.\n']]);
  const [splice] = splicesOf(before, new Map([['policy.md', 'Be quick.\n']]));
  if (splice === undefined) throw new Error('no splice');
  expect(() => applySplices(new Map([['policy.md', 'Be rude!\n']]), [splice])).toThrow(
    /policy\.md: expected "k?ind" at byte/,
  );
  expect(() => applySplices(new Map(), [splice])).toThrow(/expected a file/);
  expect(() => applySplices(before, [{ ...splice, status: 'added' }])).toThrow(/expected no file/);
});
