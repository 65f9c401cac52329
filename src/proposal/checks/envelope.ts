/** What a night may change by itself; the rest is refused and left to a person. */
import { z } from 'zod';
import { Op } from '../../edit/schema.ts';
import { RISKS } from './risk.ts';

const OPS = Op.options.map((option) => option.shape.op.value);

export const EditEnvelope = z.strictObject({
  ops: z.array(z.enum(OPS)).readonly().default(OPS),
  /** Highest risk class of an edit that a model wrote, see `risk.ts`. */
  max_risk: z.enum(RISKS).exclude(['R3']).default('R1'),
});
export type EditEnvelope = z.infer<typeof EditEnvelope>;

/** Anything, and R1 of what a model wrote. */
export const WIDEST: EditEnvelope = EditEnvelope.parse({});
