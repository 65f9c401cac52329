/** Adds a skill as a file of its own. */
import { z } from 'zod';
import { renderSkill } from '../../harness/render.ts';
import { EditError } from '../error.ts';
import { defineOp } from '../op.ts';
import { skillFile, skillId, skillLines } from '../skill-body.ts';
import { onSkill } from './families.ts';

export const skillAdd = defineOp({
  ...onSkill,
  schema: z.strictObject({
    op: z.literal('skill.add'),
    id: skillId,
    description: z.string().min(1).max(1024),
    lines: skillLines,
  }),
  apply(files, { id, description, lines }) {
    if (files.has(skillFile(id)))
      throw new EditError('duplicate_id', `expected a new skill, found ${id} already there`);
    const first = lines.findIndex((line) => line.trim() !== '');
    if (first < 0) throw new EditError('invalid', `expected steps for the skill ${id}, found blank lines`);
    const body = lines.slice(first).join('\n').trimEnd();
    return new Map(files).set(skillFile(id), renderSkill({ name: id, description, metadata: {}, body }));
  },
  invert: ({ id }) => [{ op: 'skill.remove', id }],
  title: ({ id }) => `add skill ${id}`,
  risk: { risk: 'R1', why: 'skill.add adds a rule or changes one' },
  words: ({ lines }) => lines.join(' '),
  aside: ({ description }) => description,
  added: ({ id }) => id,
});
