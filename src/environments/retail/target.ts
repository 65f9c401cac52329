/** What solves a retail task; no agent sees it. */
import { z } from 'zod';
import type { Json, ToolCall } from '../../types.ts';

const Call: z.ZodType<ToolCall> = z.object({
  name: z.string(),
  arguments: z.record(z.string(), z.json() as z.ZodType<Json>),
});

/** What only scorer and oracle may see of a retail task. */
export const RetailTarget = z.strictObject({
  /** Writes that lead to the wanted end state, in order; [] for information or a refusal. */
  writes: z.array(Call),
  /** Texts that the summary must contain, compared in lower case and without commas. */
  reports: z.array(z.string()),
  /** True if the right answer changes nothing. */
  refusal: z.boolean().optional(),
  /** Gold argument value -> the words of the request that mean it. */
  mentions: z.record(z.string(), z.string()).optional(),
  user_id: z.string(),
});
export type RetailTarget = z.infer<typeof RetailTarget>;
