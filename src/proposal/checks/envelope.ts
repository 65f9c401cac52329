/** What a night may change by itself; the rest is refused and left to a person. */
import { z } from 'zod';
import { RISKS } from '../../edit/op.ts';
import { OP_NAMES, OpName } from '../../edit/ops/index.ts';

export const EditEnvelope = z.strictObject({
  ops: z.array(OpName).readonly().default(OP_NAMES),
  /** Highest risk class of an edit whose words no code composed, see `risk.ts`. */
  max_risk: z.enum(RISKS).exclude(['R3']).default('R1'),
});
export type EditEnvelope = z.infer<typeof EditEnvelope>;

/** Anything, and R1 of what no code composed. */
export const WIDEST: EditEnvelope = EditEnvelope.parse({});
