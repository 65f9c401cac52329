/**
 * Visible text cures faults and makes faults, by its place and its length; arms share their noise.
 */
import { describe, expect, it } from 'vitest';
import { calls, faulty, has, obedient, type Played, play, share } from './play.fixture.ts';
import type { FaultKind } from './profiles.ts';
import { PROFILES } from './profiles.ts';
import { pendingPlan, profileWith, type Told } from './shop.fixture.ts';

describe('cures and harms, in whole episodes', () => {
  const rows: readonly {
    fault: FaultKind;
    rate: number;
    cure: Told;
    harm: Told;
    shows?: (played: Played) => boolean;
  }[] = [
    {
      fault: 'missing_prefix',
      rate: 0.5,
      cure: { system: "All order numbers start with '#'." },
      harm: { system: 'Order ids are written without the hash.' },
    },
    {
      fault: 'write_before_read',
      rate: 0.5,
      cure: { tools: { exchange_delivered_order_items: 'Needs the details of the order: fetch them beforehand.' } },
      harm: { tools: { exchange_delivered_order_items: 'Checking the order in advance is pointless.' } },
    },
    {
      fault: 'name_for_id',
      rate: 0.5,
      cure: { system: 'Items are given by the ids listed in the order, never by name.' },
      harm: { system: 'Describe items in words, their ids are found for you.' },
      shows: (played) =>
        calls(played).some((call) => JSON.stringify(call.arguments.item_ids)?.includes('Lamp') ?? false),
    },
    {
      fault: 'partial',
      rate: 0.5,
      cure: { skill: 'Steps:\n1. Gather all items of an order and put them into a single call.' },
      harm: { skill: '1. Make a separate call for every item.' },
    },
    {
      fault: 'missing_report',
      rate: 0.5,
      cure: { skill: '3. Mention every price that was asked for in your final message.' },
      harm: { skill: '3. Leave prices out of the summary.' },
    },
    {
      fault: 'wrong_state',
      rate: 0.5,
      cure: { system: 'Goods are swapped only once the order has arrived.' },
      harm: { system: 'Exchange pending orders only.' },
    },
    {
      fault: 'wrong_type',
      rate: 0.3,
      cure: { system: 'item_ids and new_item_ids are arrays.' },
      harm: { system: 'Write item_ids as a plain string.' },
    },
    {
      fault: 'claim',
      rate: 0.5,
      cure: { system: 'Never finish before a call succeeded.' },
      harm: { system: 'Call done even if nothing was carried out.' },
    },
    {
      fault: 'gave_up',
      rate: 0.5,
      cure: { system: 'Each reply must make a tool call.' },
      harm: { system: 'Ask the customer for confirmation.' },
    },
    {
      fault: 'text_call',
      rate: 0.5,
      cure: { system: 'Use native function calling for calls.' },
      harm: { system: 'Write each call as JSON in a code block.' },
    },
  ];
  for (const { fault, rate, cure, harm, shows = has(fault) } of rows)
    it(`${fault}: told right, told wrong, not told`, async () => {
      const profile = profileWith({ [fault]: rate }, obedient);
      const bare = await share(profile, shows);
      expect(bare).toBeGreaterThan(0.3);
      expect(bare).toBeLessThan(0.75);
      expect(await share(profile, shows, cure)).toBe(0);
      expect(await share(profile, shows, harm)).toBeGreaterThan(0.9);
    });

  it('wrong_order needs the order of the two steps', async () => {
    const profile = profileWith({ wrong_order: 0.5 }, obedient);
    const swapped = has('wrong_order');
    expect(await share(profile, swapped, {}, pendingPlan)).toBeGreaterThan(0.3);
    expect(
      await share(profile, swapped, { skill: '2. Set the payment before you touch the items.' }, pendingPlan),
    ).toBe(0);
    expect(
      await share(
        profile,
        swapped,
        { skill: '2. The items come first, and only after them the payment.' },
        pendingPlan,
      ),
    ).toBeGreaterThan(0.9);
    expect(
      await share(profile, swapped, { skill: '2. Wrap parcels before you ship them.' }, pendingPlan),
    ).toBeGreaterThan(0.3);
  });

  it('no text cures errors of reasoning', async () => {
    const profile = profileWith({ reasoning: 0.5 }, obedient);
    const system = 'Think carefully. Never pick a wrong value. Check every value twice before you call a tool.';
    expect(await share(profile, has('reasoning'), { system })).toBe(await share(profile, has('reasoning')));
  });

  it('advice that is told where nobody looks is followed less', async () => {
    const profile = profileWith({ missing_prefix: 0.5 }, { compliance: { ...PROFILES.medium.compliance, system: 1 } });
    const rule = "Order numbers start with '#'.";
    const filler = 'The shop was founded long ago by two sisters. '.repeat(60);
    expect(await share(profile, has('missing_prefix'), { system: `${filler}\n${rule}` })).toBe(0);
    expect(await share(profile, has('missing_prefix'), { system: `${rule}\n${filler}` })).toBeGreaterThan(0.2);
  });

  it('compliance below 1 leaves some faults', async () => {
    const profile = profileWith(
      { missing_prefix: 0.9 },
      { compliance: { ...PROFILES.medium.compliance, system: 0.5 } },
    );
    const rate = await share(profile, has('missing_prefix'), { system: "Order numbers start with '#'." });
    expect(rate).toBeGreaterThan(0.25);
    expect(rate).toBeLessThan(0.65);
  });

  it('a longer prompt raises the rates', async () => {
    const filler = 'The shop was founded long ago by two sisters. '.repeat(900);
    const profile = profileWith({ reasoning: 0.2 }, { length: { freeWords: 1000, perThousand: 0.3 } });
    const short = await share(profile, has('reasoning'));
    expect(await share(profile, has('reasoning'), { system: filler })).toBeGreaterThan(short + 0.2);
  });

  it('two arms with one seed share their noise', async () => {
    const profile = faulty();
    const told: Told = { system: "Order numbers start with '#'." };
    for (let seed = 0; seed < 40; seed++) {
      const bare = (await play(profile, seed)).struck;
      const advised = (await play(profile, seed, told)).struck;
      if (!bare.has('missing_prefix')) expect(advised).toEqual(bare);
      if (advised.has('missing_prefix')) expect(bare.has('missing_prefix')).toBe(true);
    }
  });
});
