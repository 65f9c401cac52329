/** What the agent does after a refused call or a refused end. */
import { describe, expect, it } from 'vitest';
import type { Json, ToolCall } from '../../types.ts';
import { claimText } from './faults/ending.ts';
import { calls, obedient, type Played, play, share } from './play.fixture.ts';
import { profileWith, shopPlan, type Told } from './shop.fixture.ts';

describe('after an answer', () => {
  const write = 'exchange_delivered_order_items';
  const first =
    (message: string): NonNullable<Told['answer']> =>
    (call) =>
      call.name === write && JSON.stringify(call.arguments) !== JSON.stringify(shopPlan.calls.at(-1)?.arguments)
        ? message
        : undefined;
  const succeeds = (played: Played): boolean =>
    calls(played).some(
      (call) =>
        call.name === write && JSON.stringify(call.arguments) === JSON.stringify(shopPlan.calls.at(-1)?.arguments),
    );

  it('does at once what a block names as the next call', async () => {
    const profile = profileWith({ write_before_read: 1 }, { compliance: { ...obedient.compliance, block: 0.9 } });
    const message = 'Call get_order_details with order_id #W7000001 first, and get_product_details for each product.';
    const obeyed = (played: Played): boolean => calls(played)[1]?.name === 'get_order_details';
    expect(await share(profile, obeyed, { answer: first(message) })).toBeGreaterThan(0.75);
    expect(await share(profile, obeyed, { answer: first('Error: it failed.') })).toBe(0);
  });

  it('corrects the argument that an error explains, and no other', async () => {
    const profile = profileWith({ missing_prefix: 1 }, obedient);
    const wrong = (call: ToolCall): boolean => call.arguments.order_id === 'W7000001';
    const fixed = (text: string): Told => ({ answer: (call) => (wrong(call) ? text : undefined) });
    expect(await share(profile, succeeds, fixed("order_id is wrong: order numbers must start with '#'."))).toBe(1);
    expect(await share(profile, succeeds, fixed('Error: item_ids must be a list.'))).toBeLessThan(0.1);
  });

  it('follows a block to a wrong tool as readily', async () => {
    const profile = profileWith({}, obedient);
    const misled = (played: Played): boolean =>
      calls(played).some((call) => call.name === 'modify_pending_order_items');
    const answer: NonNullable<Told['answer']> = (call) =>
      call.name === write ? 'Use modify_pending_order_items instead.' : undefined;
    expect(await share(profile, misled, { answer })).toBe(1);
    expect(await share(profile, misled)).toBe(0);
  });

  it('repeats, or drops the call and claims, when nothing helps; it always ends', async () => {
    const profile = profileWith({ loop: 0.6 }, { tries: 4 });
    const answer: NonNullable<Told['answer']> = (call) => (call.name === write ? 'Error: closed' : undefined);
    for (let seed = 0; seed < 20; seed++) {
      const made = calls(await play(profile, seed, { answer }));
      expect(made.filter((call) => call.name === write).length).toBeLessThanOrEqual(4);
      expect(made.at(-1)?.name).toBe('done');
    }
    const claims = await share(profile, (played) => calls(played).at(-1)?.arguments.summary === claimText, { answer });
    expect(claims).toBeGreaterThan(0.4);
  });

  it('goes back to the missing call when done is refused', async () => {
    let refused = 0;
    const profile = profileWith({ claim: 1 }, obedient);
    const answer: NonNullable<Told['answer']> = (call) => {
      if (call.name !== 'done' || refused > 0) return undefined;
      refused++;
      return `Nothing was changed yet. Call ${write}, then done.`;
    };
    const played = await play(profile, 1, { answer });
    expect(calls(played)[0]?.name).toBe('done');
    expect(succeeds(played)).toBe(true);
  });

  it('names in full what a block asks the options of', async () => {
    const profile = profileWith({ name_for_id: 1 }, { ...obedient, nameOnly: 1 });
    const names: Json[] = [];
    const answer: NonNullable<Told['answer']> = (call) => {
      if (call.name !== write) return undefined;
      names.push(call.arguments.item_ids as Json);
      return names.length > 1 ? '{"status": "exchanged"}' : 'Two items fit: write the name with its options.';
    };
    await play(profile, 1, { answer });
    expect(names).toEqual([
      ['Desk Lamp', 'Wall Clock'],
      ['Desk Lamp (brass)', 'Wall Clock (oak)'],
    ]);
  });
});
