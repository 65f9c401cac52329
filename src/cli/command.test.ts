/** How a command reads its options: kinds, defaults, what is not given, and what is wrong. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CommandDefinition, command, optionsOf, typedFlags } from './command.ts';
import { choice, flag, list, number, text, texts, whole } from './options.ts';

const options = z.object({
  env: text('<name>', 'environment'),
  budget: whole('<n>', 'candidates', { of: 'candidates' }).default(20),
  maxUsd: number('<x>', 'cap').exactOptional(),
  split: choice('<name>', 'tasks of', ['train', 'dev'], 'sealed tasks are for releases').default('dev'),
  tags: list('<a,b>', 'tags').exactOptional(),
  anchor: texts('<line>', 'anchors').exactOptional(),
  json: flag('JSON'),
});

/** What a command gets for what was typed. */
async function read(raw: Readonly<Record<string, unknown>>): Promise<unknown> {
  let got: unknown;
  const definition: CommandDefinition = command({
    name: 'try',
    summary: '',
    example: '',
    options,
    async run(flags) {
      got = flags;
      return 0;
    },
  });
  await definition.start({ env: 'shop', ...raw }, []);
  return got;
}

describe('options', () => {
  it('have their defaults, and are absent without one', async () => {
    expect(await read({})).toEqual({ env: 'shop', budget: 20, split: 'dev', json: false });
  });

  it('are read as what they are', async () => {
    const raw = { budget: '3', maxUsd: '0.5', split: 'train', tags: 'a,b', anchor: ['x', 'y'], json: true };
    expect(await read(raw)).toEqual({
      env: 'shop',
      budget: 3,
      maxUsd: 0.5,
      split: 'train',
      tags: ['a', 'b'],
      anchor: ['x', 'y'],
      json: true,
    });
  });

  it.each([
    [{ budget: 'x' }, '--budget: expected a whole number of candidates, 0 or more, got x'],
    [{ budget: '1.5' }, '--budget: expected a whole number of candidates, 0 or more, got 1.5'],
    [{ budget: ' ' }, '--budget: expected a whole number of candidates, 0 or more, got " "'],
    [{ maxUsd: '-1' }, '--max-usd: expected a number, 0 or more, got -1'],
    [{ maxUsd: 'Infinity' }, '--max-usd: expected a number, 0 or more, got Infinity'],
    [{ split: 'sealed' }, '--split: expected train or dev (sealed tasks are for releases), got "sealed"'],
  ])('%j is refused', async (raw, message) => {
    await expect(read(raw)).rejects.toThrow(message);
  });

  it('are told with their terms, defaults and needs', () => {
    expect(optionsOf({ options }).map(({ term, fallback, required }) => [term, fallback, required])).toEqual([
      ['--env <name>', undefined, true],
      ['--budget <n>', 20, false],
      ['--max-usd <x>', undefined, false],
      ['--split <name>', 'dev', false],
      ['--tags <a,b>', undefined, false],
      ['--anchor <line>', undefined, false],
      ['--json', false, false],
    ]);
  });

  it('are typed again without those that have their default, quoted where a shell needs it', () => {
    const flags = { env: 'my shop', budget: 20, split: 'train', tags: ['a', 'b'], json: true };
    expect(typedFlags(options, flags)).toBe("--env 'my shop' --split train --tags a,b --json");
  });
});
