/** Inserts lines into a skill after an anchor; null: before its first line. */
import { z } from 'zod';
import { defineOp } from '../op.ts';
import { anchorIn, editBody, skillId, skillLine, skillLines } from '../skill-body.ts';
import { onSkill } from './families.ts';

/** Index of the first line that is not blank. */
function start(body: readonly string[]): number {
  const found = body.findIndex((line) => line.trim() !== '');
  return found < 0 ? body.length : found;
}

export const skillInsert = defineOp({
  ...onSkill,
  schema: z.strictObject({
    op: z.literal('skill.insert'),
    id: skillId,
    after: skillLine.nullable(),
    lines: skillLines,
  }),
  apply: (files, { id, after, lines }) =>
    editBody(files, id, (body) =>
      body.toSpliced(after === null ? start(body) : anchorIn(body, after, id) + 1, 0, ...lines),
    ),
  invert: ({ id, lines }) => lines.map((anchor) => ({ op: 'skill.delete', id, anchor })),
  title: ({ id, lines }) => `add ${lines.length} line(s) to skill ${id}`,
  risk: { risk: 'R0', why: 'skill.insert changes the wording of a skill' },
  words: ({ lines }) => lines.join(' '),
});
