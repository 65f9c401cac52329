/** Deletes a line of a skill. */
import { z } from 'zod';
import { defineOp } from '../op.ts';
import { anchorIn, editBody, skillId, skillLine } from '../skill-body.ts';
import { onSkill, silent } from './families.ts';

export const skillDelete = defineOp({
  ...onSkill,
  ...silent,
  schema: z.strictObject({ op: z.literal('skill.delete'), id: skillId, anchor: skillLine }),
  apply: (files, { id, anchor }) => editBody(files, id, (body) => body.toSpliced(anchorIn(body, anchor, id), 1)),
  invert: () => null,
  title: ({ id }) => `delete a line of skill ${id}`,
  risk: { risk: 'R2', why: 'skill.delete takes something away' },
});
