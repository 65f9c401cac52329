/** What a night may change by itself; the rest is refused and left to a person. */
import { z } from 'zod';
import { RISKS } from '../../edit/op.ts';
import { OP_NAMES } from '../../edit/ops/index.ts';
import type { Edit } from '../../edit/schema.ts';
import type { Environment } from '../../types.ts';
import { riskOf } from './risk.ts';

export const EditEnvelope = z.strictObject({
  ops: z.array(z.enum(OP_NAMES)).readonly().default(OP_NAMES),
  /** Highest risk class of an edit whose words no code composed, see `risk.ts`. */
  max_risk: z.enum(RISKS).exclude(['R3']).default('R1'),
});
export type EditEnvelope = z.infer<typeof EditEnvelope>;

/** Anything, and R1 of what no code composed. */
export const WIDEST: EditEnvelope = EditEnvelope.parse({});

/** What this package's code writes without a model; anybody else's text is held to `max_risk`. */
const OWN_CODE = new Set(['mine', 'null', 'harmful']);

interface Judged {
  readonly edits: readonly Edit[];
  readonly envelope?: EditEnvelope | undefined;
  readonly environment?: Environment;
}

/** Why edits go beyond what a night may change by itself; null when they do not. */
export function riskRefusal({ edits, environment, envelope = WIDEST }: Judged): string | null {
  for (const edit of edits) {
    const outside = edit.ops.find(({ op }) => !envelope.ops.includes(op));
    if (outside !== undefined) return `${outside.op} is outside of what the policy lets a night change`;
    if (OWN_CODE.has(edit.proposer)) continue;
    const { risk, why } = riskOf(edit, environment?.vocabulary);
    if (risk > envelope.max_risk) return `${risk}, for a person to decide: ${why}`;
  }
  return null;
}
