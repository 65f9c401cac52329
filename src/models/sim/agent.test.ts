/**
 * What the simulated agent promises: equal replies for equal seeds, and any environment with a
 * plan.
 */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import type { Plan, Task, ToolCall } from '../../types.ts';
import { simulatedAgent } from './agent.ts';
import { calls, has, obedient, play, share } from './play.fixture.ts';
import type { Profile } from './profiles.ts';
import { PROFILES } from './profiles.ts';
import { converse, profileWith, shopPlan, shopTask, shopTools } from './shop.fixture.ts';

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
    const flat = (await run(profileWith({ wrong_type: 1 }), 2))[0]?.arguments;
    expect(flat?.guests).toBe('4');
    expect(['quiet, window', '["quiet","window"]']).toContain(flat?.tags);
    expect(Object.keys((await run(profileWith({ wrong_name: 1 }), 1))[0]?.arguments ?? {})).not.toEqual([
      'guests',
      'day',
      'tags',
    ]);
    for (let seed = 0; seed < 10; seed++) expect((await run(PROFILES.weak, seed)).length).toBeGreaterThan(0);
  });
});
