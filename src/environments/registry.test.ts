/** Finding an environment: a folder of this package, a file by its folder, a file by its path. */
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { loadEnvironment } from './registry.ts';

describe('loadEnvironment', () => {
  const root = mkdtempSync(join(tmpdir(), 'registry-'));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const plain = (name: string): string => `
    export default {
      name: '${name}', digest: 'd', tools: [], tasks: [], maxTurns: 1, ceiling: 0,
      reset() {}, execute() {}, fork() {}, changes() {}, score() {},
    };`;
  put('evals/own/environment.js', plain('own'));
  put('evals/other/environment.mjs', plain('misnamed'));
  put('evals/typed/environment.ts', `const name: string = 'typed';${plain('typed')}`);
  put('evals/cjs/environment.cjs', plain('cjs').replace('export default', 'module.exports ='));
  put('evals/compiled/environment.cjs', plain('compiled').replace('export default', 'exports.default ='));
  put('evals/named/environment.cjs', plain('named').replace('export default', 'exports.environment ='));
  put('evals/half/environment.js', 'export default { name: "half", digest: "d", tools: [], tasks: [] };');
  put('evals/broken/environment.js', 'export default {');

  it.each([
    ['own', 'own'],
    ['typed', 'typed'],
    ['cjs', 'cjs'],
    ['compiled', 'compiled'],
    ['named', 'named'],
    ['evals/other/environment.mjs', 'misnamed'],
  ])('loads %s', async (name, expected) => {
    const environment = await loadEnvironment(name, { root });
    expect(environment.name).toBe(expected);
    expect(environment.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, RegExp]>([
    ['nowhere', /no environment nowhere; known are broken, cjs, compiled, half, named, other, own, retail, typed/],
    ['other', /expected the name other, after the folder, got misnamed/],
    ['half', /to have a function reset/],
    ['broken', /broken.environment\.js: the environment file does not load/],
    ['./absent.ts', /absent\.ts: no such environment file/],
    ['retail', /world\.json: no such file; .*optimize env generate retail/],
  ])('refuses %s', async (name, message) => {
    const error = await loadEnvironment(name, { root }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(message);
  });

  it('refuses data for an environment of one file', async () => {
    await expect(loadEnvironment('own', { root, data: 'x' })).rejects.toThrow(/takes no data/);
  });

  const index = join(import.meta.dirname, '../index.ts');
  it.skipIf(!existsSync(index))("lets a user's file import this package by its name", async () => {
    put(
      'evals/by-name/environment.ts',
      `import { z } from 'zod';
       import { defineEnvironment, tool } from 'harness-optimizer';
       interface Lamp { on: boolean }
       export default defineEnvironment<Lamp, string>({
         name: 'by-name',
         tasks: [{ id: 'a', split: 'train', input: 'Switch the lamp on.' }],
         reset: () => ({ on: false }),
         tools: { light: tool('Switch the lamp on.', z.object({}), (lamp: Lamp) => { lamp.on = true; }) },
         score: (_task, lamp) => ({ reward: lamp.on ? 1 : 0, checks: [] }),
       });`,
    );
    const environment = await loadEnvironment('by-name', { root });
    expect(environment.tools.map((entry) => entry.name)).toEqual(['light']);
  });
});
