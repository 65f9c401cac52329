/** Adds a clause at the end of the contract. */
import { z } from 'zod';
import { Clause } from '../../harness/schema.ts';
import { addItem, clauses } from '../lists.ts';
import { defineOp } from '../op.ts';
import { writesClause } from './families.ts';

export const clauseAdd = defineOp({
  ...writesClause,
  schema: z.strictObject({ op: z.literal('clause.add'), clause: Clause }),
  apply: (files, { clause }) => addItem(files, clauses, clause),
  invert: ({ clause }) => [{ op: 'clause.remove', id: clause.id }],
  title: ({ clause }) => `add clause ${clause.id} (${clause.tools.join(', ')})`,
  risk: { risk: 'R1', why: 'clause.add adds a rule or changes one' },
  touched: ({ clause }) => [clause.id],
  added: ({ clause }) => clause.id,
});
