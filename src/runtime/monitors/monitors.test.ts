/** Monitors in an episode: when each speaks and how often. */
import { describe, expect, it } from 'vitest';
import { cancel, done, getOrder, of, play } from '../play.fixture.ts';

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
