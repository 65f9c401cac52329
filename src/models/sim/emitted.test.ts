/** No value enters but through visible text, or as a corruption that a fault declares. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../types.ts';
import { claimText, honestText } from './faults/ending.ts';
import { inventedId, UNKNOWN } from './faults/identifiers.ts';
import { lexiconOf } from './lexicon.ts';
import { calls, faulty, golds, leaves, play } from './play.fixture.ts';
import { profileWith, shopPlan, shopTask, shopTools, shopVocabulary, type Told } from './shop.fixture.ts';

describe('what it may say', () => {
  const summaryWords = new Set(`${claimText} ${honestText}`.split(' '));
  const allowed = (argument: string, value: string, visible: string): boolean => {
    if (visible.includes(value) || visible.includes(`#${value}`)) return true;
    if (
      value === UNKNOWN ||
      shopTools.some((tool) =>
        Object.keys(tool.parameters.properties as object).some(
          (name) => inventedId(name, lexiconOf(shopVocabulary)) === value,
        ),
      )
    )
      return true;
    if (argument === 'summary')
      return value
        .split(' ')
        .every(
          (word) => summaryWords.has(word) || visible.toLowerCase().includes(word.toLowerCase().replace(/\W+$/, '')),
        );
    if (value.startsWith('[')) return (JSON.parse(value) as string[]).every((part) => allowed(argument, part, visible));
    return value.includes(', ') && value.split(', ').every((part) => allowed(argument, part, visible));
  };

  it('emits only values in sight, or corruptions that a fault declares', async () => {
    const texts: readonly Told[] = [
      {},
      { system: 'Give the name and options of each item; the ids are looked up.' },
      { system: 'Never read the order first.' },
      { answer: (call) => (call.name === 'done' ? undefined : 'Error: closed') },
      { textProtocol: true },
    ];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(...texts), async (seed, told) => {
        for (const { call, visible } of (await play(faulty(), seed, told)).turns)
          for (const [argument, value] of Object.entries(call?.arguments ?? {}))
            for (const text of leaves(value))
              expect(allowed(argument, text, visible), `${argument}: ${text}`).toBe(true);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('never says a gold value that nothing has shown', async () => {
    const told: Told = { answer: (call) => (call.name === 'done' ? undefined : '{"ok": true}') };
    for (let seed = 0; seed < 60; seed++) {
      const { turns } = await play(faulty(), seed, told);
      const hidden = golds.filter((gold) => !shopTask.request.includes(gold));
      for (const turn of turns)
        for (const gold of hidden) expect(JSON.stringify(turn.call) + turn.content).not.toContain(gold);
    }
  });

  it('keeps figures to itself that it could not have seen or added up', async () => {
    const plan: Plan = { ...shopPlan, summary: 'Both cost 44.15 and the ship is called 99.99.' };
    const done = calls(await play(profileWith({}), 1, {}, plan)).at(-1);
    expect(done?.arguments.summary).toContain('44.15');
    expect(done?.arguments.summary).not.toContain('99.99');
  });
});
