/** The machine alone: what it asks, in which order, and what it does with the answers. */
import { describe, expect, it, test } from 'vitest';
import type { ChatReply, Task } from '../types.ts';
import { toolAnswers } from './answers.ts';
import { type Answer, type Ask, type AskedCall, type CallResult, drive } from './ask.ts';
import { admitCall } from './calls.ts';
import { compileHarness, type Surface } from './compile.ts';
import { type EpisodeResult, episode } from './episode.ts';
import { type HandledCall, handleCall } from './handle.ts';
import { openWatch } from './monitors/monitors.ts';
import { done } from './play.fixture.ts';
import { openSession } from './session.ts';
import { type HarnessParts, harnessOf, shop, shopTask, swapClause } from './shop.fixture.ts';

const usage = { calls: 1, inputTokens: 1, outputTokens: 1, cachedTokens: 0, costUsd: 0 };
type Said = string | readonly { name: string; arguments: object }[];
const reply = (said: Said): ChatReply => ({
  content: typeof said === 'string' ? said : '',
  toolCalls:
    typeof said === 'string'
      ? []
      : said.map((call, i) => ({ id: `v${i}`, name: call.name, arguments: JSON.stringify(call.arguments) })),
  usage,
  model: 'm',
  finish: 'stop',
});
const order = (order_id: string) => ({ name: 'get_order', arguments: { order_id } });
const product = (product_id: string) => ({ name: 'get_product', arguments: { product_id } });
const cancel = (order_id: string) => ({ name: 'cancel_order', arguments: { order_id, reason: 'late' } });
const names = (ask: Ask) => (ask.ask === 'tools' ? ask.calls.map(({ call }) => call.name) : []);

interface Options {
  readonly parts?: HarnessParts;
  readonly surface?: Surface;
  readonly task?: Task;
  readonly answer?: (ask: Ask) => Answer | undefined;
  readonly contextTokens?: number;
}

/** Runs an episode in one tick against the shop; gives its result and every ask. */
function run(said: readonly Said[], options: Options = {}): { result: EpisodeResult; asks: Ask[] } {
  const { task = shopTask('Please help.'), surface = shop } = options;
  const asks: Ask[] = [];
  const tools = toolAnswers(shop, shop.reset(task));
  let turn = 0;
  const result = drive(
    episode(compileHarness(harnessOf(options.parts), surface), task, { contextTokens: options.contextTokens }),
    (ask) => {
      asks.push(ask);
      const own = options.answer?.(ask);
      if (own !== undefined) return own;
      if (ask.ask === 'tools') return tools(ask.calls);
      return ask.ask === 'user' ? null : reply(said[turn++] ?? [done]);
    },
  );
  if (result instanceof Promise) throw new Error('expected a result in the same tick');
  return { result, asks };
}
const toolAsks = (asks: readonly Ask[]) => asks.filter(({ ask }) => ask === 'tools').map(names);

describe('batches', () => {
  it('independent reads of one message go out together, and their answers keep their order', () => {
    const { result, asks } = run([[order('#W1000001'), order('#W1000002'), product('P1')]]);
    expect(toolAsks(asks)).toEqual([['get_order', 'get_order', 'get_product']]);
    const kinds = result.steps.map((step) => ('callId' in step ? `${step.kind} ${step.callId}` : step.kind));
    expect(kinds.slice(1, 7)).toEqual([
      'call call00001',
      'call call00002',
      'call call00003',
      'result call00001',
      'result call00002',
      'result call00003',
    ]);
    const { request } = asks.filter((ask) => ask.ask === 'model')[1] as Ask & { ask: 'model' };
    expect(request.messages.slice(-3).map((message) => 'toolCallId' in message && message.toolCallId)).toEqual([
      'call00001',
      'call00002',
      'call00003',
    ]);
  });

  it('a write goes alone, and what stands behind it sees its effect', () => {
    const { result, asks } = run([[order('#W1000002'), cancel('#W1000002'), order('#W1000001'), product('P1')]]);
    expect(toolAsks(asks)).toEqual([['get_order'], ['cancel_order'], ['get_order', 'get_product']]);
    expect(result.steps.filter(({ kind }) => kind === 'state_delta')).toHaveLength(1);
  });

  it('a call that was made before goes alone, in this message or an earlier one', () => {
    const { asks } = run([[order('#W1000001')], [order('#W1000001'), product('P1'), product('P1'), product('P2')]]);
    expect(toolAsks(asks)).toEqual([['get_order'], ['get_order'], ['get_product'], ['get_product'], ['get_product']]);
  });

  it('a read with a clause goes alone', () => {
    const clause = { id: 'known', tools: ['get_product'], require: 'args.product_id != "P9"', enforce: 'block' };
    const { asks } = run([[order('#W1000001'), product('P1'), order('#W1000002')]], {
      parts: { contract: { clauses: [clause] } },
    });
    expect(toolAsks(asks)).toEqual([['get_order'], ['get_product'], ['get_order']]);
  });

  it('the reads of one each go out together, each once', () => {
    const swap = {
      name: 'swap_items',
      arguments: { order_id: '#W1000001', item_ids: ['1001', '2001', '1001'], new_item_ids: ['1002', '2002', '1003'] },
    };
    const { result, asks } = run([[swap]], { parts: { contract: { clauses: [swapClause] } } });
    expect(toolAsks(asks)).toEqual([['get_order'], ['get_product', 'get_product'], ['swap_items']]);
    const reads = result.steps.filter((step) => step.kind === 'read');
    expect(reads.map((step) => step.kind === 'read' && step.reused)).toEqual([false, false, false, true]);
  });

  it('no more calls go out than the episode may make', () => {
    const few: Surface = { ...shop, maxTurns: 1 };
    const ids = Array.from({ length: 12 }, (_, i) => order(`#W${i}`));
    const { result, asks } = run([ids], { surface: few });
    expect(toolAsks(asks).map((batch) => batch.length)).toEqual([8]);
    expect(result.ending?.reason).toBe('steps');
  });
});

describe('asks and answers', () => {
  it('reads of the runtime have ids of their own, are no calls, and no monitor counts them', () => {
    const clause = {
      id: 'late',
      tools: ['cancel_order'],
      prepare: [{ read: { as: 'seen', call: 'get_order', with: { order_id: 'args.order_id' } } }],
      require: 'called("get_order") == false',
      enforce: 'block',
    };
    const monitors = [{ id: 'again', kind: 'duplicate_call', message: 'You did that.' }];
    const { result, asks } = run([[cancel('#W1000002')], [order('#W1000002')]], {
      parts: { contract: { clauses: [clause] }, monitors },
    });
    const calls = asks.flatMap((ask): readonly AskedCall[] => (ask.ask === 'tools' ? ask.calls : []));
    expect(calls.map(({ id, by }) => [id, by])).toEqual([
      ['read00001', 'late'],
      ['call00001', null],
      ['call00002', null],
    ]);
    expect(result.steps.filter(({ kind }) => kind === 'block' || kind === 'monitor')).toEqual([]);
  });

  it('an unknown tool is a write, and the runtime never calls one by itself', () => {
    const clause = {
      id: 'peek',
      tools: ['cancel_order'],
      prepare: [{ read: { as: 'x', call: 'get_weather', with: {} } }],
      require: 'x.sunny == true',
      enforce: 'block',
    };
    const { result, asks } = run([[{ name: 'get_weather', arguments: {} }, cancel('#W1000002')]], {
      parts: { contract: { clauses: [clause] } },
    });
    expect(toolAsks(asks)).toEqual([['get_weather'], ['cancel_order']]);
    expect(result.steps.find((step) => step.kind === 'call')).toMatchObject({ readOnly: false });
  });

  test.each([
    ['refused', 'the filter says no'],
    ['filtered', 'kept back'],
    ['gone', 'connection refused'],
  ] as const)('a model that is %s ends the episode without an ending', (fault, message) => {
    const { result } = run([[order('#W1000001')]], {
      answer: (ask) => (ask.ask === 'model' && ask.request.messages.length > 2 ? { fault, message } : undefined),
    });
    expect(result).toMatchObject({ ending: null, fault: { fault, message } });
    expect(result.steps.at(-1)?.kind).toBe('result');
  });

  it('a request that is too long is asked again, shorter, and the trace says so', () => {
    const look = [order('#W1000001'), product('P1'), order('#W1000002'), product('P2')];
    let refusals = 0;
    const { result, asks } = run([look, look, look], {
      answer: (ask) => {
        if (ask.ask !== 'model' || ask.request.messages.length < 6 || refusals > 0) return undefined;
        refusals += 1;
        return { fault: 'too_long', message: 'HTTP 400: too long' };
      },
    });
    const [long, short] = asks.filter((ask) => ask.ask === 'model').slice(1) as (Ask & { ask: 'model' })[];
    expect(JSON.stringify(short?.request).length).toBeLessThan(JSON.stringify(long?.request).length);
    expect(result.steps).toContainEqual(expect.objectContaining({ kind: 'note', by: 'context' }));
    expect(result.ending?.reason).toBe('done');
  });

  it('an answer that does not fit the ask is the fault of the driver', () => {
    expect(() => run([], { answer: () => 'hello' })).toThrow(/the ask for model was answered wrongly/);
    const wrong = (ask: Ask) => (ask.ask === 'tools' ? [] : undefined);
    expect(() => run([[order('#W1000001')]], { answer: wrong })).toThrow(/expected 1 results/);
  });

  it('an error in place of an answer is thrown where the machine asked', async () => {
    const failing = (ask: Ask): Answer => {
      if (ask.ask === 'model') return reply([order('#W1000001')]);
      throw new RangeError('no shop');
    };
    const start = () => episode(compileHarness(harnessOf(), shop), shopTask('x'));
    expect(() => drive(start(), failing)).toThrow('no shop');
    await expect(Promise.resolve(drive(start(), async (ask) => failing(ask)))).rejects.toThrow('no shop');
  });
});

describe('a person', () => {
  const surface: Surface = { ...shop, user: { id: 'scripted' } };
  const confirming: HarnessParts = { settings: { permissions: { confirm: ['cancel_order'] } } };
  const answers = (...texts: (string | null)[]) => {
    const left = [...texts];
    return (ask: Ask): Answer | undefined => (ask.ask === 'user' ? (left.shift() ?? null) : undefined);
  };

  it('answers what the agent says, and the trace tells that message from the runtime', () => {
    const { result, asks } = run(['Which one?', 'Sure?', 'Hello?', [done]], {
      surface,
      answer: answers('The second.', 'I am sure.'),
    });
    expect(asks.filter(({ ask }) => ask === 'user')).toEqual([
      { ask: 'user', text: 'Which one?' },
      { ask: 'user', text: 'Sure?' },
      { ask: 'user', text: 'Hello?' },
    ]);
    expect(result.steps.flatMap((step) => (step.kind === 'user' ? [step.by] : []))).toEqual([
      'user',
      'user',
      'runtime',
    ]);
    expect(result.ending?.reason).toBe('done');
  });

  it('gives consent with the last message alone', () => {
    const gives = run(['May I?', [cancel('#W1000002')]], {
      parts: confirming,
      surface,
      answer: answers('Yes, I confirm.'),
    });
    expect(gives.result.steps.some(({ kind }) => kind === 'state_delta')).toBe(true);
    const takesBack = run(['May I?', [cancel('#W1000002')]], {
      parts: confirming,
      surface,
      task: shopTask('Cancel it, I confirm.'),
      answer: answers('Wait, not yet.'),
    });
    expect(takesBack.result.steps).toContainEqual(expect.objectContaining({ kind: 'block', by: 'permissions' }));
  });

  it('makes the runtime read again', () => {
    const clause = {
      id: 'pending',
      tools: ['cancel_order'],
      prepare: [{ read: { as: 'order', call: 'get_order', with: { order_id: 'args.order_id' } } }],
      require: 'order.status == "pending"',
      enforce: 'block',
    };
    const { asks } = run([[order('#W1000002')], 'Shall I?', [cancel('#W1000002')]], {
      parts: { contract: { clauses: [clause] } },
      surface,
      answer: answers('Please.'),
    });
    expect(toolAsks(asks)).toEqual([['get_order'], ['get_order'], ['cancel_order']]);
  });
});

describe('handleCall', () => {
  const compiled = compileHarness(harnessOf({ contract: { clauses: [swapClause] } }), shop);
  const tools = toolAnswers(shop, shop.reset(shopTask('')));
  const handle = (session: ReturnType<typeof openSession>, id: string, name: string, given: string): HandledCall => {
    const handled = drive(handleCall(session, { id, name, arguments: given }), (ask) =>
      ask.ask === 'tools' ? tools(ask.calls) : null,
    );
    if (handled instanceof Promise) throw new Error('expected an answer in the same tick');
    return handled;
  };

  it('takes one call through all layers, and answers a block itself', () => {
    const session = openSession(compiled, shopTask('Swap it.'));
    const given = (items: string[], news: string[]) =>
      JSON.stringify({ order_id: '#W1000001', item_ids: items, new_item_ids: news });
    expect(handle(session, 'a', 'swap_items', given(['Ring'], ['Ring']))).toMatchObject({ outcome: 'blocked' });
    expect(handle(session, 'b', 'swap_items', given(['Ring'], ['Ring, L']))).toMatchObject({
      outcome: 'ok',
      call: { arguments: { item_ids: ['2001'], new_item_ids: ['2003'] } },
    });
    expect(session.answers.map(({ outcome }) => outcome)).toEqual(['blocked', 'ok']);
  });

  it('takes calls made elsewhere as facts: never realized, blocked or counted', () => {
    const session = openSession(compiled, shopTask('Swap it.'));
    const result: CallResult = { content: '{"status": "pending"}', error: false };
    const call = { name: 'swap_items', arguments: { order_id: '#W9', item_ids: [], new_item_ids: [] } };
    admitCall(session, { id: 'old', call }, result);
    expect([session.calls.length, session.answers.length, session.writes]).toEqual([1, 0, 1]);
    expect(session.steps.map(({ kind }) => kind)).toEqual(['call', 'result']);
    const monitor = { id: 'again', kind: 'duplicate_call' as const, message: '', threshold: 1, window: 0, cap: 9 };
    const watch = openWatch([{ ...monitor, cooldown: 0, then: 'hint' }]);
    const occasion = { turn: 1, turnsLeft: 5, textOnly: 0, finishing: false, writes: 1, answers: session.answers };
    expect(watch.fire(occasion)).toEqual([]);
  });
});
