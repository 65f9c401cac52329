/** The contract in an episode: clauses prepare, enforce and tell; permissions always hold. */
import { describe, expect, it } from 'vitest';
import { cancel, done, getOrder, of, play, realization, swap, withClause } from './play.fixture.ts';
import type { scriptedAgent } from './scripted-agent.fixture.ts';
import { shop, swapClause } from './shop.fixture.ts';

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
    // 2002 is not a line of this order: the first ground asks before anything else is checked.
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
  it('the same block with nothing new between ends the episode', async () => {
    const parts = { ...withClause({ ...guard, max_blocks: 20 }), ...realization({ max_blocks: 3 }) };
    const blocksOf = async (turns: Parameters<typeof play>[1]) => {
      const { steps, reason } = await play(parts, turns);
      return [of(steps, 'block').length, reason];
    };
    expect(await blocksOf(Array(8).fill(call))).toEqual([3, 'blocked']);
    // The first read is new; the others repeat it.
    const read = getOrder(pending);
    expect(await blocksOf([call, read, call, read, call, read, call])).toEqual([4, 'blocked']);
    // Two blocks in turn.
    const other = swap(['2002'], ['2003'], pending);
    expect(await blocksOf([call, other, call, other, call, other])).toEqual([5, 'blocked']);
    // Other reads and a change: the agent makes progress.
    const reads = ['#W1000001', pending, '#W1', '#W2'].map(getOrder);
    expect(await blocksOf([call, ...reads.flatMap((news) => [news, call]).slice(0, 6), done])).toEqual([4, 'done']);
    const change = swap(['2001'], ['2002'], '#W1000001');
    expect(await blocksOf([call, call, change, call, call, done])).toEqual([4, 'done']);
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
