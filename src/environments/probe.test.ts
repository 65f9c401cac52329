/** Calls that are tried keep to the tools' schemas and take what the task names. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineEnvironment, tool } from './define.ts';
import { probeOf } from './probe.ts';

test('values come from the schema, then from the task by name, then by type', () => {
  const size = z.enum(['small', 'large']);
  const schema = z.object({
    order_id: z.string(),
    size,
    reason: z.string().default('broken'),
    count: z.int().min(3),
    gift: z.boolean(),
    items: z.array(z.object({ item: z.string(), to: size.nullable() })),
    note: z.union([z.literal('none'), z.string()]),
  });
  const { tools, tasks } = defineEnvironment({
    name: 'orders',
    tasks: [{ id: 't', split: 'dev', input: { wanted: { items: ['A5'] }, order_id: '#W7' } }],
    prompt: () => 'Order #W7, please.',
    reset: () => ({}),
    tools: {
      look: tool('Look.', z.object({ id: z.string() }), () => '', { readOnly: true }),
      change: tool('Change.', schema, () => ''),
    },
    score: () => ({ reward: 0, checks: [] }),
  });
  const [task] = tasks;
  if (task === undefined) throw new Error('no task');
  const change = {
    name: 'change',
    arguments: {
      order_id: '#W7',
      size: 'small',
      reason: 'broken',
      count: 3,
      gift: true,
      items: ['A5'],
      note: 'none',
    },
  };
  const { calls } = probeOf({ tools } as Parameters<typeof probeOf>[0], task);
  expect(calls).toEqual([change, { name: 'look', arguments: { id: '#W7' } }, change]);
  const other = { ...task, target: 5 };
  expect(probeOf({ tools } as Parameters<typeof probeOf>[0], other).calls[0]?.arguments).toMatchObject({
    order_id: '#W7',
    count: 5,
    items: [{ item: '#W7', to: 'small' }],
  });
});
