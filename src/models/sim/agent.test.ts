/** What the simulated agent promises: no gold but through its constructor, cures by visible text alone, shared noise, an end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import type { Json, Plan, Task, ToolCall } from '../../types.ts';
import { simulatedAgent } from './agent.ts';
import { claimText, honestText } from './faults/ending.ts';
import { inventedId, UNKNOWN } from './faults/identifiers.ts';
import type { Fault, Profile } from './profiles.ts';
import { PROFILES } from './profiles.ts';
import { converse, pendingPlan, profileWith, shopPlan, shopTask, shopTools, type Told, type Turn } from './testing.ts';

interface Played {
  readonly turns: readonly Turn[];
  readonly struck: ReadonlySet<Fault>;
}

async function play(profile: Profile, seed: number, told: Told = {}, plan: Plan = shopPlan): Promise<Played> {
  const struck = new Set<Fault>();
  const agent = simulatedAgent(profile, (fault) => void struck.add(fault));
  const model = agent.open({ task: shopTask, tools: shopTools, plan, seed });
  return { turns: await converse((request) => model.complete(request), told), struck };
}

/** Share of 80 seeds in which `test` holds. */
async function share(
  profile: Profile,
  test: (played: Played) => boolean,
  told: Told = {},
  plan: Plan = shopPlan,
): Promise<number> {
  let hits = 0;
  for (let seed = 0; seed < 80; seed++) if (test(await play(profile, seed, told, plan))) hits++;
  return hits / 80;
}

const has =
  (fault: Fault) =>
  ({ struck }: Played): boolean =>
    struck.has(fault);
const calls = (played: Played): ToolCall[] => played.turns.flatMap((turn) => (turn.call ? [turn.call] : []));
const leaves = (value: Json): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(leaves)
      : [];
const golds = shopPlan.calls.flatMap((call) => leaves(call.arguments));
const faulty = (extra: Partial<Profile['rates']> = {}): Profile =>
  profileWith(
    {
      text_call: 0.2,
      missing_prefix: 0.4,
      name_for_id: 0.4,
      invented_id: 0.4,
      wrong_name: 0.2,
      wrong_type: 0.3,
      write_before_read: 0.4,
      wrong_state: 0.3,
      partial: 0.4,
      missing_report: 0.3,
      loop: 0.5,
      claim: 0.1,
      gave_up: 0.1,
      reasoning: 0.4,
      unasked_write: 0.3,
      ...extra,
    },
    { selfCorrection: 0.4 },
  );

describe('simulatedAgent', () => {
  it('plays a plan without faults to its end', async () => {
    const played = await play(profileWith({}), 1);
    expect(calls(played).slice(0, -1)).toEqual(shopPlan.calls);
    expect(calls(played).at(-1)?.arguments.summary).toContain('31.75');
  });

  it('names itself, says that it is simulated, and has a digest of its data', () => {
    expect(simulatedAgent('medium')).toMatchObject({ id: 'sim:medium', simulated: true });
    expect(simulatedAgent('medium').digest).toBe(simulatedAgent(PROFILES.medium).digest);
    expect(simulatedAgent('medium').digest).not.toBe(simulatedAgent('weak').digest);
    expect(() => simulatedAgent('huge' as 'weak')).toThrow(UsageError);
  });

  it('refuses an episode without a plan', () => {
    expect(() => simulatedAgent('medium').open({ task: shopTask, tools: shopTools, seed: 1 })).toThrow(/oracle/);
  });

  it('gives equal replies for equal seeds and requests', async () => {
    for (const seed of [1, 2, 3]) expect(await play(PROFILES.weak, seed)).toEqual(await play(PROFILES.weak, seed));
    const different = new Set<string>();
    for (let seed = 0; seed < 20; seed++)
      different.add(JSON.stringify((await play(PROFILES.weak, seed)).turns.map((turn) => turn.call)));
    expect(different.size).toBeGreaterThan(3);
  });

  it('counts a token for four characters and costs nothing', async () => {
    const model = simulatedAgent(profileWith({})).open({ task: shopTask, tools: shopTools, plan: shopPlan, seed: 1 });
    const reply = await model.complete({
      messages: [
        { role: 'system', content: 'x'.repeat(38) },
        { role: 'user', content: 'yy' },
      ],
      tools: [],
      seed: 1,
    });
    expect(reply.usage).toEqual({
      calls: 1,
      inputTokens: 10,
      outputTokens: Math.ceil(reply.content.length / 4),
      cachedTokens: 0,
      costUsd: 0,
    });
  });
});

describe('what it may say', () => {
  const summaryWords = new Set(`${claimText} ${honestText}`.split(' '));
  const allowed = (argument: string, value: string, visible: string): boolean => {
    if (visible.includes(value) || visible.includes(`#${value}`)) return true;
    if (
      value === UNKNOWN ||
      shopTools.some((tool) =>
        Object.keys(tool.parameters.properties as object).some((name) => inventedId(name) === value),
      )
    )
      return true;
    if (argument === 'summary')
      return value
        .split(' ')
        .every(
          (word) => summaryWords.has(word) || visible.toLowerCase().includes(word.toLowerCase().replace(/\W+$/, '')),
        );
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

/** Faults alone in an agent that follows every word, the text that cures or spoils, and how to see the fault. */
const obedient = { compliance: { block: 1, result: 1, hint: 1, description: 1, skill: 1, system: 1, schema: 1 } };

describe('cures and harms, in whole episodes', () => {
  const rows: readonly { fault: Fault; rate: number; cure: Told; harm: Told; shows?: (played: Played) => boolean }[] = [
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
      rate: 0.5,
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

describe('protocols and environments', () => {
  it('writes calls as fenced JSON where native calls are wanted, as plain JSON where they are not', async () => {
    const fenced = await play(
      profileWith({ text_call: 1 }, { degeneration: 0, compliance: { ...PROFILES.medium.compliance, result: 0 } }),
      1,
    );
    expect(fenced.turns[0]?.content).toMatch(/^```json\n\{"name":/);
    const plain = await play(profileWith({ text_call: 1 }), 1, { textProtocol: true });
    expect(plain.turns[0]?.content).toMatch(/^\{"name":"get_order_details"/);
    expect(plain.struck.has('text_call')).toBe(false);
    expect(calls(plain).slice(0, -1)).toEqual(shopPlan.calls);
  });

  it('hears rules in the tool list of the system text', async () => {
    const profile = profileWith({ write_before_read: 0.5 }, obedient);
    const system =
      'You serve a shop.\n\nTools:\n- exchange_delivered_order_items(order_id): Swap content. Read the order first.\n- done(summary): Ends it.';
    expect(await share(profile, has('write_before_read'), { textProtocol: true, system })).toBe(0);
  });

  it('plays tools that it has never heard of', async () => {
    const tools = [
      {
        name: 'reserve',
        description: 'Reserve a table.',
        readOnly: false,
        parameters: {
          type: 'object',
          properties: { guests: { type: 'number' }, day: { type: 'string' }, tags: { type: 'array' } },
          required: ['guests', 'day', 'tags'],
        },
      },
    ];
    const task: Task = {
      id: 'table',
      split: 'train',
      tags: [],
      request: 'A table for 4 on Friday, quiet and near the window.',
      target: null,
    };
    const plan: Plan = {
      calls: [{ name: 'reserve', arguments: { guests: 4, day: 'Friday', tags: ['quiet', 'window'] } }],
      summary: 'Reserved for Friday.',
    };
    const run = async (profile: Profile, seed: number): Promise<(ToolCall | null)[]> => {
      const model = simulatedAgent(profile).open({ task, tools, plan, seed });
      return (
        await converse(
          (request) => model.complete(request),
          { answer: (call) => (call.name === 'done' ? undefined : 'Booked.') },
          task,
          tools,
        )
      ).map((turn) => turn.call);
    };
    expect((await run(profileWith({}), 1))[0]).toEqual(plan.calls[0]);
    expect((await run(profileWith({ wrong_type: 1 }), 2))[0]?.arguments).toEqual({
      guests: '4',
      day: 'Friday',
      tags: 'quiet, window',
    });
    expect(Object.keys((await run(profileWith({ wrong_name: 1 }), 1))[0]?.arguments ?? {})).not.toEqual([
      'guests',
      'day',
      'tags',
    ]);
    for (let seed = 0; seed < 10; seed++) expect((await run(PROFILES.weak, seed)).length).toBeGreaterThan(0);
  });
});
