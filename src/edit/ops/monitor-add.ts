/** Adds a monitor. */
import { z } from 'zod';
import { Monitor } from '../../harness/schema.ts';
import { addItem, monitors } from '../lists.ts';
import { defineOp } from '../op.ts';
import { writesMonitor } from './families.ts';

export const monitorAdd = defineOp({
  ...writesMonitor,
  schema: z.strictObject({ op: z.literal('monitor.add'), monitor: Monitor }),
  apply: (files, { monitor }) => addItem(files, monitors, monitor),
  invert: ({ monitor }) => [{ op: 'monitor.remove', id: monitor.id }],
  title: ({ monitor }) => `add monitor ${monitor.id}`,
  risk: { risk: 'R1', why: 'monitor.add adds a rule or changes one' },
  touched: ({ monitor }) => [monitor.id],
  added: ({ monitor }) => monitor.id,
});
