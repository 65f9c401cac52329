/** Replaces a line of a skill. */
import { z } from 'zod';
import { defineOp } from '../op.ts';
import { anchorIn, editBody, skillId, skillLine, skillLines } from '../skill-body.ts';
import { onSkill } from './families.ts';

export const skillReplace = defineOp({
  ...onSkill,
  schema: z.strictObject({ op: z.literal('skill.replace'), id: skillId, anchor: skillLine, lines: skillLines }),
  apply: (files, { id, anchor, lines }) =>
    editBody(files, id, (body) => body.toSpliced(anchorIn(body, anchor, id), 1, ...lines)),
  invert: ({ id, anchor, lines: [first, ...others] }) =>
    first === undefined
      ? null
      : [
          ...others.map((line) => ({ op: 'skill.delete', id, anchor: line })),
          { op: 'skill.replace', id, anchor: first, lines: [anchor] },
        ],
  title: ({ id }) => `rewrite a line of skill ${id}`,
  risk: { risk: 'R0', why: 'skill.replace changes the wording of a skill' },
  words: ({ lines }) => lines.join(' '),
});
