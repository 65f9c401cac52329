/** What a night may change by itself; a person decides about the rest. */
import { z } from 'zod';
import { RISKS } from '../../edit/op.ts';
import { OP_NAMES, OpName } from '../../edit/ops/index.ts';

export const EditEnvelope = z.strictObject({
  /** @default all but `text.replace`, which can say anything */
  ops: z
    .array(OpName)
    .readonly()
    .default(OP_NAMES.filter((op) => op !== 'text.replace')),
  /** Highest risk class of an edit that a model wrote; see `risk.ts`. */
  max_risk: z.enum(RISKS).exclude(['R3']).default('R1'),
});
export type EditEnvelope = z.infer<typeof EditEnvelope>;

/** The defaults; R1 at most of what a model wrote. */
export const WIDEST: EditEnvelope = EditEnvelope.parse({});
