/** Adds the format of an argument. */
import { z } from 'zod';
import { Format } from '../../harness/schema.ts';
import { addItem, formats } from '../lists.ts';
import { defineOp } from '../op.ts';
import { silent } from './families.ts';

export const formatAdd = defineOp({
  ...silent,
  schema: z.strictObject({ op: z.literal('format.add'), format: Format }),
  apply: (files, { format }) => addItem(files, formats, format),
  invert: ({ format: { argument, pattern } }) => [{ op: 'format.remove', argument, pattern }],
  title: ({ format }) => `format of ${format.argument}: ${format.pattern}`,
  risk: { risk: 'R1', why: 'format.add changes how calls are read' },
  touched: ({ format }) => [`format:${format.argument}`],
  mayBlock: () => true,
});
