/** Removes the format of an argument. */
import { z } from 'zod';
import { formats, removeItem } from '../lists.ts';
import { defineOp } from '../op.ts';
import { silent } from './families.ts';

export const formatRemove = defineOp({
  ...silent,
  schema: z.strictObject({ op: z.literal('format.remove'), argument: z.string(), pattern: z.string() }),
  apply: (files, { argument, pattern }) => removeItem(files, formats, `${argument} ${pattern}`),
  invert: () => null,
  title: ({ argument }) => `no format for ${argument}`,
  risk: { risk: 'R2', why: 'format.remove takes something away' },
  touched: ({ argument }) => [`format:${argument}`],
  mayBlock: () => false,
});
