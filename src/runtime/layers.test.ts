/** Each layer in an episode: what it does, and that it does nothing when the harness says nothing. */
import { describe, expect, it } from 'vitest';
import type { ChatMessage, Step } from '../types.ts';
import { countInterventions } from './counters.ts';
import { playEpisode } from './episode.ts';
import { type ScriptedTurn, scriptedAgent } from './scripted-agent.ts';
import { type HarnessParts, harnessOf, shop, shopTask, swapClause } from './shop.fixture.ts';

const done = { name: 'done', arguments: { summary: 'Finished.' } };
const swap = (item_ids: unknown, new_item_ids: unknown, order_id = '#W1000001') => ({
  name: 'swap_items',
  arguments: JSON.stringify({ order_id, item_ids, new_item_ids }),
});
const cancel = (order_id: string) => ({ name: 'cancel_order', arguments: { order_id, reason: 'no longer needed' } });
const getOrder = (order_id: string) => ({ name: 'get_order', arguments: { order_id } });

async function play(parts: HarnessParts, turns: readonly ScriptedTurn[], request = 'Please help.') {
  const agent = scriptedAgent(turns);
  const task = shopTask(request);
  const trace = await playEpisode({ harness: harnessOf(parts), environment: shop, agent, task, trial: 0, seed: 1 });
  const end = trace.steps.at(-1);
  const sent = (turn: number): ChatMessage | undefined => agent.requests[turn]?.messages.at(-1);
  return { trace, steps: trace.steps, agent, sent, reason: end?.kind === 'end' ? end.ending.reason : undefined };
}
const of = <K extends Step['kind']>(steps: readonly Step[], kind: K) =>
  steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);
const withClause = (changes: object = {}): HarnessParts => ({ contract: { clauses: [{ ...swapClause, ...changes }] } });
const realization = (switches: object) => ({ settings: { realization: switches } });

describe('prepare', () => {
  it('reads, looks up what was named, and runs the corrected call', async () => {
    const { steps } = await play(withClause(), [
      swap(['Bookshelf', 'the ring'], ['Bookshelf, wood', 'Ring size L']),
      done,
    ]);
    expect(of(steps, 'read').map(({ call, reused, by }) => [call.name, reused, by])).toEqual([
      ['get_order', false, swapClause.id],
      ['get_product', false, swapClause.id],
      ['get_product', false, swapClause.id],
    ]);
    expect(of(steps, 'rewrite').map(({ what, after }) => [what, after])).toEqual([
      ['item_ids[0]', '1001'],
      ['item_ids[1]', '2001'],
      ['new_item_ids[0]', '1002'],
      ['new_item_ids[1]', '2003'],
    ]);
    expect(of(steps, 'call')[0]?.call.arguments).toMatchObject({
      item_ids: ['1001', '2001'],
      new_item_ids: ['1002', '2003'],
    });
    expect(of(steps, 'result')[0]?.error).toBe(false);
  });

  it('asks what to write when a description does not decide', async () => {
    const { steps, sent } = await play(withClause(), [swap(['Ring'], ['Ring']), swap(['Ring'], ['Ring, L']), done]);
    expect(of(steps, 'block')[0]).toMatchObject({ by: swapClause.id, callId: 'call00001' });
    expect(sent(1)).toMatchObject({ role: 'tool', toolCallId: 'call00001' });
    expect(sent(1)?.content).toContain('say color (gold, rose gold), size (L, M)');
    expect(of(steps, 'result')[0]?.error).toBe(false);
  });

  it('reuses the newest equal result until the state changes', async () => {
    const turns = [getOrder('#W1000001'), swap(['1001'], ['1002']), swap(['1001'], ['1002']), done];
    const { steps } = await play(withClause({ max_blocks: 1 }), turns);
    expect(of(steps, 'read').map(({ call, reused }) => [call.name, reused])).toEqual([
      ['get_order', true],
      ['get_product', false],
      ['get_order', false],
      ['get_product', false],
    ]);
  });

  it('lets the call go on when a read fails or decides nothing', async () => {
    const { steps } = await play(withClause(), [swap(['Ring'], ['Ring'], '#W9'), done]);
    expect(of(steps, 'read')).toMatchObject([{ error: true }]);
    expect(of(steps, 'result')[0]).toMatchObject({ content: 'Error: order not found' });
    expect(of(steps, 'block')).toEqual([]);
  });

  it('makes a failed element null, so that indices stay aligned', async () => {
    const { steps } = await play(withClause(), [swap(['2002', '2001'], ['x', 'Ring, L']), done]);
    // 2002 is no line of this order: the first ground asks before anything else is looked at.
    expect(of(steps, 'block')).toHaveLength(1);
    const loose = { ...swapClause, prepare: swapClause.prepare.filter((_, i) => i !== 1) };
    const second = await play(withClause(loose), [swap(['9999', '2001'], ['x', 'Ring, L']), done]);
    expect(of(second.steps, 'rewrite')).toMatchObject([{ what: 'new_item_ids[1]', after: '2003' }]);
  });

  it('never makes a write or a read that is not permitted', async () => {
    const prepare = [{ read: { as: 'x', call: 'cancel_order', with: { order_id: '"#W1000002"', reason: '"r"' } } }];
    const write = await play(withClause({ prepare, require: undefined }), [swap(['1'], ['2']), done]);
    expect(of(write.steps, 'read')).toEqual([]);
    const permitted = { ...withClause(), settings: { permissions: { tools: ['swap_items'] } } };
    const denied = await play(permitted, [swap(['1001'], ['1002']), done]);
    expect(of(denied.steps, 'read')).toEqual([]);
  });

  it('stops reading and calling when the step budget is used up', async () => {
    const many = Array.from({ length: 80 }, () => getOrder('#W1000001'));
    const { reason, steps } = await play({}, [{ toolCalls: many }]);
    expect(reason).toBe('steps');
    expect(of(steps, 'call')).toHaveLength(shop.maxTurns * 8);
  });
});

describe('clauses', () => {
  const pending = '#W1000002';
  const guard = { ...swapClause, prepare: swapClause.prepare.slice(0, 1) };
  const call = swap(['2002'], ['2001'], pending);

  it('block with the rendered message, and pass after max_blocks', async () => {
    const { steps, sent } = await play(withClause(guard), [call, call, call, done]);
    expect(sent(1)?.content).toBe('#W1000002 is pending. For a pending order use cancel_order.');
    expect(of(steps, 'block')).toHaveLength(2);
    expect(of(steps, 'note')).toMatchObject([{ by: swapClause.id, text: 'passed: blocked 2 times before' }]);
    expect(of(steps, 'call')[0]?.call.name).toBe('swap_items');
  });
  it('hard never passes and ends in a hand-over', async () => {
    const turns = [call, getOrder(pending), call, getOrder(pending), call, done];
    const { steps, reason } = await play(withClause({ ...guard, enforce: 'hard' }), turns);
    expect(of(steps, 'block')).toHaveLength(3);
    expect(reason).toBe('blocked');
  });
  it('note appends to the result, shadow only records, off does nothing', async () => {
    const note = await play(withClause({ ...guard, enforce: 'note' }), [call, done]);
    expect(note.sent(1)?.content).toMatch(/^Error: order is not delivered\n\n#W1000002 is pending\./);
    const shadow = await play(withClause({ ...guard, enforce: 'shadow' }), [call, done]);
    expect(shadow.sent(1)?.content).toBe('Error: order is not delivered');
    expect(of(shadow.steps, 'note')[0]?.text).toMatch(/^shadow: #W1000002 is pending/);
    const off = await play(withClause({ ...guard, enforce: 'off' }), [call, done]);
    expect(of(off.steps, 'note')).toEqual([]);
  });
  it('the first block wins, in order of priority', async () => {
    const never = { id: 'never', tools: ['swap_items'], require: 'false', enforce: 'block', say: 'Never.' };
    const low = await play({ contract: { clauses: [never, { ...guard, priority: 5 }] } }, [call, done]);
    expect(of(low.steps, 'block').map(({ by }) => by)).toEqual([swapClause.id]);
    const first = await play({ contract: { clauses: [never, guard] } }, [call, done]);
    expect(of(first.steps, 'block')).toMatchObject([{ by: 'never', message: 'Never.' }]);
  });
  it('missing data means no opinion; another fault disables the clause and is counted', async () => {
    const unknown = await play(withClause({ ...guard, require: 'nothing.here == 1' }), [call, done]);
    expect(of(unknown.steps, 'note')).toEqual([]);
    const faulty = await play(withClause({ ...guard, require: 'order.status + 1 == 2' }), [call, call, done]);
    expect(of(faulty.steps, 'note')).toHaveLength(1);
    expect(of(faulty.steps, 'note')[0]?.text).toMatch(/^disabled: /);
    expect(of(faulty.steps, 'call')).toHaveLength(3);
  });
  it('see the calls of the episode', async () => {
    const clause = {
      id: 'look-first',
      tools: ['cancel_order'],
      require: 'called("get_order", {"order_id": args.order_id})',
      enforce: 'block',
      otherwise: 'Call get_order with order_id {{args.order_id}} first.',
    };
    const turns = [cancel('#W1000002'), getOrder('#W1000002'), cancel('#W1000002'), done];
    const { steps, sent } = await play({ contract: { clauses: [clause] } }, turns);
    expect(sent(1)?.content).toBe('Call get_order with order_id #W1000002 first.');
    expect(of(steps, 'call').map(({ call: { name } }) => name)).toEqual(['get_order', 'cancel_order', 'done']);
  });
  it('guard done like any tool', async () => {
    const clause = {
      id: 'work-first',
      tools: ['done'],
      require: 'count("cancel_order") > 0',
      enforce: 'block',
      say: 'Call cancel_order.',
    };
    const { steps, reason } = await play({ contract: { clauses: [clause] } }, [done, cancel('#W1000002'), done]);
    expect(of(steps, 'block')).toMatchObject([{ by: 'work-first', message: 'Call cancel_order.' }]);
    expect(reason).toBe('done');
  });
  it('the same block in a row ends the episode', async () => {
    const parts = { ...withClause({ ...guard, max_blocks: 20 }), ...realization({ max_blocks: 3 }) };
    const { steps, reason } = await play(parts, Array(8).fill(call));
    expect(reason).toBe('blocked');
    expect(of(steps, 'block')).toHaveLength(3);
  });
});

describe('permissions', () => {
  it('hold in every harness and are checked on the final arguments', async () => {
    const permissions = { limits: [{ tool: 'give_credit', argument: 'amount', max: 10 }] };
    const call = { name: 'give_credit', arguments: '{"amount": "12"}' };
    const { steps } = await play({ settings: { permissions, realization: { coerce: true } } }, [call, done]);
    expect(of(steps, 'block')).toMatchObject([
      { by: 'permissions', message: 'amount of give_credit may be at most 10.' },
    ]);
  });
});

describe('realization', () => {
  const fenced = '```json\n{"name": "cancel_order", "arguments": {"order_id": "W1000002", "reason": "x"}}\n```';
  it('off: a call written as text is text', async () => {
    expect((await play({}, [fenced, fenced])).reason).toBe('text');
  });
  it('rescue gives the call an id and a native place in the history', async () => {
    const { steps, agent, sent } = await play(realization({ rescue: true }), [fenced, done]);
    expect(of(steps, 'rewrite')).toMatchObject([{ by: 'realization:rescue', callId: 'call00001' }]);
    expect(agent.requests[1]?.messages.at(-2)).toMatchObject({
      content: '',
      toolCalls: [{ id: 'call00001', name: 'cancel_order' }],
    });
    expect(sent(1)).toEqual({ role: 'tool', toolCallId: 'call00001', content: 'Error: order not found' });
  });
  it('runs the layers in their order', async () => {
    const parts = {
      contract: {
        aliases: { cancel_order: { id: 'order_id' } },
        formats: [{ argument: 'order_id', pattern: '^#W[0-9]{7}$', repair: { prefix: '#' } }],
      },
      ...realization({ rescue: true, repair: true, rename: true, coerce: true }),
    };
    const turn = "```json\n{'name': 'cancelOrder', 'arguments': {'id': ['W1000002'], 'reason': 5}}\n```";
    const { steps } = await play(parts, [turn, done]);
    expect(of(steps, 'rewrite').map(({ by }) => by)).toEqual([
      'realization:rescue',
      'realization:repair',
      'realization:rename',
      'alias:cancel_order.id',
      'realization:coerce',
      'realization:coerce',
      'format:order_id',
    ]);
    expect(of(steps, 'call')[0]?.call).toEqual({
      name: 'cancel_order',
      arguments: { order_id: '#W1000002', reason: '5' },
    });
  });
  it('runs the first of several written calls and says so', async () => {
    const plain = '{"name": "get_order", "arguments": {"order_id": "#W1000001"}}';
    const { steps, sent, agent } = await play(realization({ protocol: 'text' }), [
      `${plain}\nResult of it: ok\n${plain}`,
      done,
    ]);
    expect(of(steps, 'note')).toMatchObject([{ by: 'realization:protocol', text: 'ignored: 1 further calls' }]);
    expect(sent(1)?.content).toMatch(/^Result of get_order: \{.*\}\n\nOnly the first call of a message is run\.$/);
    expect(agent.requests[1]?.messages.at(-2)).toEqual({ role: 'assistant', content: plain });
  });
});

describe('protocol text', () => {
  const say = (name: string, given: object) => JSON.stringify({ name, arguments: given });
  const parts = { ...withClause(), ...realization({ protocol: 'text' }) };

  it('lists the tools in the system message, one a line', async () => {
    const { agent, trace } = await play(parts, [say('done', { summary: 'x' })]);
    const system = agent.requests[0]?.messages[0]?.content ?? '';
    expect(agent.requests[0]?.tools).toEqual([]);
    expect(trace.prompt.tools).toEqual([]);
    const line = system.split('\n').find((item) => item.startsWith('- swap_items('));
    expect(line).toContain('(order_id: string, item_ids: list of string, new_item_ids: list of string)');
    expect(line).toContain('Only a delivered order can be swapped, and only once. For item_ids give each item');
    expect(system).toContain('- get_product(product_id: string): Show a product.\n');
    expect(system).toContain('{"name": "<tool>", "arguments": {"<argument>": <value>}}');
  });
  it('needs no rescue for the plain form, and rescues the others only when told', async () => {
    const plain = await play(parts, [say('get_order', { order_id: '#W1000001' }), say('done', { summary: 'Bye.' })]);
    expect(of(plain.steps, 'rewrite')).toEqual([]);
    expect(plain.sent(1)).toMatchObject({ role: 'user' });
    expect(plain.sent(1)?.content).toMatch(/^Result of get_order: \{"order_id"/);
    expect(plain.steps.at(-1)).toMatchObject({ ending: { reason: 'done', summary: 'Bye.' } });
    const fenced = `\`\`\`json\n${say('done', { summary: 'Bye.' })}\n\`\`\``;
    expect((await play(parts, [fenced, fenced])).reason).toBe('text');
    expect((await play({ ...withClause(), ...realization({ protocol: 'text', rescue: true }) }, [fenced])).reason).toBe(
      'done',
    );
  });
  it('never sends two messages of one role in a row', async () => {
    const monitors = [{ id: 'again', kind: 'duplicate_call', message: 'Do something else.', then: 'directive' }];
    const look = say('get_order', { order_id: '#W1000001' });
    const { agent } = await play({ ...parts, monitors }, ['Hm.', look, look, say('done', { summary: 'x' })]);
    for (const { messages } of agent.requests)
      expect(messages.slice(1).filter((message, i) => message.role === messages[i]?.role)).toEqual([]);
  });
  it('takes calls that the server parsed by itself', async () => {
    const { steps, sent } = await play(parts, [getOrder('#W1000001'), done]);
    expect(of(steps, 'call').map(({ call }) => call.name)).toEqual(['get_order', 'done']);
    expect(sent(1)?.role).toBe('user');
  });
});

describe('told clauses', () => {
  const toolText = (agent: ReturnType<typeof scriptedAgent>) =>
    agent.requests[0]?.tools.find(({ name }) => name === 'swap_items')?.description;
  it('reach the description or the system message', async () => {
    const described = await play(withClause(), [done]);
    expect(toolText(described.agent)).toBe(
      'Swap items of a delivered order.\n' +
        'Only a delivered order can be swapped, and only once.\n' +
        "For item_ids give each item's name and options, one entry for each item; the id is looked up.\n" +
        "For new_item_ids give each new item's name and options, one entry for each new item; the id is looked up; options that you leave out stay as they are.",
    );
    const system = await play(withClause({ tell: 'system' }), [done]);
    expect(system.agent.requests[0]?.messages[0]?.content).toContain('Rules:\n- Only a delivered order');
    expect(toolText(system.agent)).not.toContain('Only a delivered');
    const off = await play(withClause({ tell: 'off' }), [done]);
    expect(toolText(off.agent)).toBe('Swap items of a delivered order.');
  });
});

describe('monitors', () => {
  const monitor = (kind: string, more: object = {}) => ({
    monitors: [{ id: 'watch', kind, message: 'Think again.', ...more }],
  });
  const look = getOrder('#W1000001');

  it('duplicate_call: hint on the second equal call', async () => {
    const { steps, sent } = await play(monitor('duplicate_call'), [look, look, cancel('#W1000002'), done]);
    expect(of(steps, 'monitor')).toEqual([{ kind: 'monitor', by: 'watch', then: 'hint', text: 'Think again.' }]);
    expect(sent(2)?.content).toMatch(/\n\nThink again\.$/);
    expect(sent(3)?.content).not.toContain('Think again.');
  });
  it('duplicate_call: window, cap and cooldown', async () => {
    const between = [look, cancel('#W9'), cancel('#W8'), look, done];
    expect(of((await play(monitor('duplicate_call', { window: 2 }), between)).steps, 'monitor')).toEqual([]);
    const loop = Array(7).fill(look);
    expect(of((await play(monitor('duplicate_call', { cap: 2 }), loop)).steps, 'monitor')).toHaveLength(2);
    expect(of((await play(monitor('duplicate_call', { cooldown: 3, cap: 9 }), loop)).steps, 'monitor')).toHaveLength(2);
  });
  it('consecutive_failures: directive as a message of its own', async () => {
    const turns = [cancel('#W9'), cancel('#W8'), look, done];
    const { sent, steps } = await play(monitor('consecutive_failures', { then: 'directive' }), turns);
    expect(sent(2)).toEqual({ role: 'user', content: 'Think again.' });
    expect(of(steps, 'monitor')).toHaveLength(1);
    expect(
      (await play(monitor('consecutive_failures', { threshold: 3 }), turns)).steps.some(
        ({ kind }) => kind === 'monitor',
      ),
    ).toBe(false);
  });
  it('text_only: takes the place of the neutral sentence and gives another chance', async () => {
    const { sent, reason } = await play(monitor('text_only', { threshold: 1, cap: 2 }), ['a', 'b', 'c', 'd']);
    expect(sent(1)).toEqual({ role: 'user', content: 'Think again.' });
    expect(sent(3)?.content).toContain('No tool was called.');
    expect(reason).toBe('text');
  });
  it('premature_finish: refuses done while nothing is changed, up to the cap', async () => {
    const { steps, reason, sent } = await play(monitor('premature_finish', { cap: 2 }), [done, done, done]);
    expect(of(steps, 'monitor')).toHaveLength(2);
    expect(sent(1)).toMatchObject({ role: 'tool', content: 'Think again.' });
    expect(reason).toBe('done');
    expect(of((await play(monitor('premature_finish'), [cancel('#W1000002'), done])).steps, 'monitor')).toEqual([]);
  });
  it('budget_left: says when turns run out', async () => {
    const { steps, sent } = await play(monitor('budget_left', { threshold: 3, cap: 1 }), Array(9).fill(look));
    expect(of(steps, 'monitor')).toHaveLength(1);
    expect(sent(5)?.content).toContain('Think again.');
  });
  it('stop ends the episode', async () => {
    const { reason } = await play(monitor('duplicate_call', { then: 'stop' }), [look, look, done]);
    expect(reason).toBe('stopped');
  });
});

describe('countInterventions', () => {
  it('counts firings, blocks and success after them', async () => {
    const parts = {
      ...withClause(),
      monitors: [{ id: 'finish', kind: 'premature_finish', message: 'Nothing is done.' }],
    };
    const { trace } = await play(parts, [done, swap(['Ring'], ['Ring']), swap(['Ring'], ['Ring, L']), done]);
    const counts = countInterventions([trace]);
    expect(counts.get('finish')).toEqual({ fired: 1, blocked: 1, followedBySuccess: 1 });
    // Two fresh reads, a rewrite and the block of the first call; two rewrites of the second, reads reused.
    expect(counts.get(swapClause.id)).toEqual({ fired: 6, blocked: 1, followedBySuccess: 5 });
    expect(countInterventions([])).toEqual(new Map());
  });
});
