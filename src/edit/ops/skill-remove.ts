/** Removes the file of a skill. */
import { z } from 'zod';
import { defineOp } from '../op.ts';
import { skillFile, skillId, skillText } from '../skill-body.ts';
import { onSkill, silent } from './families.ts';

export const skillRemove = defineOp({
  ...onSkill,
  ...silent,
  schema: z.strictObject({ op: z.literal('skill.remove'), id: skillId }),
  apply(files, { id }) {
    skillText(files, id);
    return new Map([...files].filter(([path]) => path !== skillFile(id)));
  },
  invert: () => null,
  title: ({ id }) => `remove skill ${id}`,
  risk: { risk: 'R2', why: 'skill.remove takes something away' },
  removed: ({ id }) => id,
});
