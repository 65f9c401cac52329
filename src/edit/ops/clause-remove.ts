/** Removes a clause. */
import { z } from 'zod';
import { clauses, removeItem } from '../lists.ts';
import { defineOp } from '../op.ts';
import { silent } from './families.ts';

export const clauseRemove = defineOp({
  ...silent,
  schema: z.strictObject({ op: z.literal('clause.remove'), id: z.string() }),
  apply: (files, { id }) => removeItem(files, clauses, id),
  invert: () => null,
  title: ({ id }) => `remove clause ${id}`,
  risk: { risk: 'R2', why: 'clause.remove takes something away' },
  touched: ({ id }) => [id],
  removed: ({ id }) => id,
  mayBlock: () => true,
});
