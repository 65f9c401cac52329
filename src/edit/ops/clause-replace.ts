/** Replaces a clause in its place. */
import { z } from 'zod';
import { Clause } from '../../harness/schema.ts';
import { clauses, replaceItem } from '../lists.ts';
import { defineOp } from '../op.ts';
import { writesClause } from './families.ts';

export const clauseReplace = defineOp({
  ...writesClause,
  schema: z.strictObject({ op: z.literal('clause.replace'), id: z.string(), clause: Clause }),
  apply: (files, { id, clause }) => replaceItem(files, clauses, id, clause),
  invert: () => null,
  title: ({ id }) => `rewrite clause ${id}`,
  risk: { risk: 'R2', why: 'clause.replace may weaken what it replaces' },
  touched: ({ id, clause }) => [id, clause.id],
});
