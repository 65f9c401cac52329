/** Every data file of retail is read as editors save it, and a malformed one is a sentence. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, it, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { dataText } from './data-text.ts';
import { loadEnvironment } from './registry.ts';

const FILES = ['world.json', 'tasks/train.jsonl', 'tasks/dev.jsonl', 'tasks/sealed.jsonl'];
const committed = join(import.meta.dirname, '../../evals/retail');
let root: string;
let digest: string;
const load = async (): Promise<string> => (await loadEnvironment('retail', { root })).digest;
const put = (file: string, bytes: string | Uint8Array): void => writeFileSync(join(root, 'evals/retail', file), bytes);
const textOf = (file: string): string => readFileSync(join(committed, file), 'utf8');

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'data-'));
  cpSync(committed, join(root, 'evals/retail'), { recursive: true });
  digest = await load();
});

test.each<[string, (text: string) => string]>([
  ['a byte order mark', (text) => `\ufeff${text}`],
  ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['both, and blank lines at the end', (text) => `\ufeff${text.replaceAll('\n', '\r\n')}\r\n\r\n`],
])('%s changes nothing', async (_, saved) => {
  for (const file of FILES) put(file, saved(textOf(file)));
  expect(await load()).toBe(digest);
});

it('UTF-16 and other bytes are named', () => {
  const path = join(root, 'x.json');
  for (const [bytes, sentence] of [
    [Buffer.from('\ufeff{}', 'utf16le'), /x.json: expected UTF-8, found UTF-16; save it as UTF-8/],
    [Buffer.from([0x7b, 0xff, 0x7d]), /x.json: expected UTF-8, found other bytes/],
  ] as const) {
    writeFileSync(path, bytes);
    expect(() => dataText(path)).toThrow(sentence);
  }
});

/** 1,000 by `MALFORMED=1000`. */
const runs = Number(process.env.MALFORMED ?? 8);

it('a malformed data file is a sentence with its name, or the same tasks', async () => {
  for (const file of FILES) put(file, textOf(file));
  const junk = fc.oneof(
    fc.constantFrom('\0', '}', '"', ',', '[', '\ufffd', '{"id":1}\n', 'null\n', '\n{'),
    fc.string({ maxLength: 4 }),
  );
  const mutation = fc.record({
    file: fc.constantFrom(...FILES),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(40),
    junk,
  });
  await fc.assert(
    fc.asyncProperty(mutation, async ({ file, at, cut, junk: more }) => {
      const text = textOf(file);
      const place = Math.floor(at * text.length);
      put(file, text.slice(0, place) + more + text.slice(place + cut));
      try {
        await load();
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        expect((error as UsageError).message).toContain(file);
      } finally {
        put(file, text);
      }
    }),
    { numRuns: runs },
  );
});
