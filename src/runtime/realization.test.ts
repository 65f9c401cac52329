/** Realization switches in an episode: what each does, and that without them nothing happens. */
import { describe, expect, it } from 'vitest';
import { done, getOrder, of, play, realization, withClause } from './play.fixture.ts';
import { playEpisode } from './play.ts';
import { scriptedAgent } from './scripted-agent.fixture.ts';
import { harnessOf, shop, shopTask } from './shop.fixture.ts';

describe('realization', () => {
  const fenced = '```json\n{"name": "cancel_order", "arguments": {"order_id": "W1000002", "reason": "x"}}\n```';
  it('off: a call written as text is text', async () => {
    expect((await play({}, [fenced, fenced])).reason).toBe('text');
  });
  const plain = '{"name": "cancel_order", "arguments": {"order_id": "#W1000002", "reason": "x"}}';
  it('a model that cannot make native calls is spoken to in text, whatever the harness says', async () => {
    const agent = { ...scriptedAgent([plain, done]), protocol: 'text' as const };
    for (const harness of [null, harnessOf({ settings: { layers: { realization: false } } })]) {
      const options = { harness, environment: shop, agent, task: shopTask('x'), trial: 0, seed: 1 };
      const { steps, prompt } = await playEpisode(options);
      expect([prompt.tools, of(steps, 'call')[0]?.call.name]).toEqual([[], 'cancel_order']);
    }
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
