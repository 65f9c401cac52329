/** Edits as data: bounded operations on the documents of a harness. */
import { z } from 'zod';
import { Op } from './ops/index.ts';

export { Op } from './ops/index.ts';

export const Edit = z.strictObject({
  ops: z.array(Op).min(1).max(4),
  /** Why it should help, one sentence. */
  hypothesis: z.string().max(400),
  /** Ids of the train traces whose failures it addresses. */
  addresses: z.array(z.string()),
  /** Expected number of fixed train tasks, and what may go wrong. */
  predicts: z.strictObject({ fixes: z.number().min(0), risks: z.string().max(400) }),
  /** Name of the proposer, such as `mine`. */
  proposer: z
    .string()
    .max(60)
    .regex(/^[a-z0-9][a-z0-9:._-]*$/, 'expected a short lower-case name'),
});
export type Edit = z.infer<typeof Edit>;
