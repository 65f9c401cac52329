/** Removes a monitor. */
import { z } from 'zod';
import { monitors, removeItem } from '../lists.ts';
import { defineOp } from '../op.ts';
import { silent } from './families.ts';

export const monitorRemove = defineOp({
  ...silent,
  schema: z.strictObject({ op: z.literal('monitor.remove'), id: z.string() }),
  apply: (files, { id }) => removeItem(files, monitors, id),
  invert: () => null,
  title: ({ id }) => `remove monitor ${id}`,
  risk: { risk: 'R2', why: 'monitor.remove takes something away' },
  touched: ({ id }) => [id],
  removed: ({ id }) => id,
  mayBlock: () => false,
});
