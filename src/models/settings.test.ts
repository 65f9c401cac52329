/** models.yaml: what an entry gives, and what a person reads when it is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { costOf } from './prices.ts';
import { findModel, MODELS_FILE, readModels } from './settings.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'models-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const write = (text: string) => writeFileSync(join(root, MODELS_FILE), text);

test('an entry has defaults for all but the model name', () => {
  write('version: 1\nmodels:\n  small:\n    model: small-1b\n    base_url: http://127.0.0.1:8080/v1\n');
  expect(findModel(root, 'small')).toEqual({
    model: 'small-1b',
    base_url: 'http://127.0.0.1:8080/v1',
    key_env: 'OPENAI_API_KEY',
    protocol: 'native',
    temperature: 0,
    max_tokens: 768,
    timeout_s: 300,
    retries: 4,
  });
});

test('no file means no models', () => {
  expect(readModels(root).size).toBe(0);
  expect(() => findModel(root, 'small')).toThrow(
    'openai:NAME or a name from models.yaml, got "small" (there is no models.yaml)',
  );
});

test.each<[string, RegExp]>([
  ['models:\n  a: {model: x}\n', /models\.yaml:1:1: .*version/],
  ['version: 1\nmodels:\n  a:\n    model: x\n    key: sk-1\n', /models\.yaml:\d:\d+: .*key/],
  [
    'version: 1\nmodels:\n  a:\n    model: x\n    key_env: sk-secret-1\n',
    /models\.yaml:5:\d+: .*name of an environment variable/,
  ],
  ['version: 1\nmodels:\n  a:\n    model: x\n    price: {input: 1, output: 2}\n', /models\.yaml:5:\d+: .*date/],
  ['version: 1\nmodels:\n  a:\n    model: x\n    base_url: nowhere\n', /models\.yaml:5:\d+/],
])('%j is refused with its line', (text, says) => {
  write(text);
  expect(() => readModels(root)).toThrow(says);
});

test('an unknown name is answered with those there are', () => {
  write('version: 1\nmodels:\n  a: {model: x}\n  b: {model: y}\n');
  expect(() => findModel(root, 'c')).toThrow('got "c" (models.yaml has a, b)');
});

test('cached tokens cost their own price, at most all of the input', () => {
  const price = { input: 2, output: 10, cached: 0.5 };
  expect(costOf(price, { inputTokens: 1_000_000, outputTokens: 0, cachedTokens: 400_000 })).toBeCloseTo(1.4);
  expect(costOf(price, { inputTokens: 100, outputTokens: 0, cachedTokens: 500 })).toBeCloseTo(50 / 1e6);
  expect(costOf({ input: 2, output: 10 }, { inputTokens: 100, outputTokens: 10, cachedTokens: 50 })).toBeCloseTo(
    300 / 1e6,
  );
});
