/** Edits as data: bounded operations on the documents of a harness. */
import { z } from 'zod';
import { Clause, Format, Monitor } from '../harness/schema.ts';

const skillId = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  .max(64);
const line = z
  .string()
  .max(400)
  .regex(/^[^\n\r]*$/, 'expected one line');

/** One bounded change; anchors are whole lines that must match exactly once. */
export const Op = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('clause.add'), clause: Clause }),
  z.strictObject({ op: z.literal('clause.replace'), id: z.string(), clause: Clause }),
  z.strictObject({ op: z.literal('clause.remove'), id: z.string() }),
  z.strictObject({ op: z.literal('alias.add'), tool: z.string(), from: z.string(), to: z.string() }),
  z.strictObject({ op: z.literal('alias.remove'), tool: z.string(), from: z.string() }),
  z.strictObject({ op: z.literal('format.add'), format: Format }),
  z.strictObject({ op: z.literal('format.remove'), argument: z.string(), pattern: z.string() }),
  z.strictObject({ op: z.literal('monitor.add'), monitor: Monitor }),
  z.strictObject({ op: z.literal('monitor.replace'), id: z.string(), monitor: Monitor }),
  z.strictObject({ op: z.literal('monitor.remove'), id: z.string() }),
  /** Sets one key of `realization` in harness.yaml. */
  z.strictObject({
    op: z.literal('switch.set'),
    key: z.enum(['protocol', 'rescue', 'repair', 'rename', 'coerce', 'max_blocks']),
    value: z.union([z.string(), z.boolean(), z.int()]),
  }),
  z.strictObject({
    op: z.literal('skill.add'),
    id: skillId,
    description: z.string().min(1).max(1024),
    lines: z.array(line).min(1),
  }),
  z.strictObject({ op: z.literal('skill.remove'), id: skillId }),
  /** Inserts after the anchor line of the body; null = before the first line. */
  z.strictObject({ op: z.literal('skill.insert'), id: skillId, after: line.nullable(), lines: z.array(line).min(1) }),
  z.strictObject({ op: z.literal('skill.replace'), id: skillId, anchor: line, lines: z.array(line).min(1) }),
  z.strictObject({ op: z.literal('skill.delete'), id: skillId, anchor: line }),
]);
export type Op = z.infer<typeof Op>;

export const Edit = z.strictObject({
  ops: z.array(Op).min(1).max(4),
  /** Why it should help, one sentence. */
  hypothesis: z.string().max(400),
  /** Ids of the train traces whose diagnoses it answers. */
  addresses: z.array(z.string()),
  /** Expected number of train tasks fixed, and what may go wrong. */
  predicts: z.strictObject({ fixes: z.number().min(0), risks: z.string().max(400) }),
  proposer: z.enum(['mine', 'reflect', 'null', 'harmful', 'external']),
});
export type Edit = z.infer<typeof Edit>;
