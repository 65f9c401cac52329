/** Replaces a monitor in its place. */
import { z } from 'zod';
import { Monitor } from '../../harness/schema.ts';
import { monitors, replaceItem } from '../lists.ts';
import { defineOp } from '../op.ts';
import { writesMonitor } from './families.ts';

export const monitorReplace = defineOp({
  ...writesMonitor,
  schema: z.strictObject({ op: z.literal('monitor.replace'), id: z.string(), monitor: Monitor }),
  apply: (files, { id, monitor }) => replaceItem(files, monitors, id, monitor),
  invert: () => null,
  title: ({ id }) => `rewrite monitor ${id}`,
  risk: { risk: 'R2', why: 'monitor.replace may weaken what it replaces' },
  touched: ({ id, monitor }) => [id, monitor.id],
});
