/** Lines of a skill's body, found by an anchor: a whole line that must match exactly once. */
import { z } from 'zod';
import { splitSkill } from '../harness/skill-file.ts';
import type { HarnessFiles } from '../types.ts';
import { EditError } from './error.ts';

export const skillId = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  .max(64);
export const skillLine = z
  .string()
  .max(400)
  .regex(/^[^\n\r]*$/, 'expected one line');
export const skillLines = z.array(skillLine).min(1);

export const skillFile = (id: string): string => `skills/${id}/SKILL.md`;

/** The text of a skill. Throws EditError `unknown_id`. */
export function skillText(files: HarnessFiles, id: string): string {
  const text = files.get(skillFile(id));
  if (text === undefined) throw new EditError('unknown_id', `expected a skill of the harness, found no ${id}`);
  return text;
}

/** Changes the body. Throws EditError for an unknown skill, and when no step would remain. */
export function editBody(
  files: HarnessFiles,
  id: string,
  change: (body: readonly string[]) => readonly string[],
): HarnessFiles {
  const text = skillText(files, id);
  const split = splitSkill(text);
  if (!split) throw new EditError('invalid', `expected front matter in the skill ${id}, found none`);
  const { lines, bodyLine } = split;
  const body = change(lines.slice(bodyLine));
  if (body.every((line) => line.trim() === ''))
    throw new EditError('invalid', `expected steps to remain in the skill ${id}, found none; remove the skill`);
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  return new Map(files).set(skillFile(id), [...lines.slice(0, bodyLine), ...body].join(lineEnd));
}

/** Index of the anchor. Throws EditError `anchor_missing` or `anchor_ambiguous`. */
export function anchorIn(body: readonly string[], anchor: string, id: string): number {
  const at = body.indexOf(anchor);
  if (at < 0) throw new EditError('anchor_missing', `expected the line "${anchor}" in the skill ${id}, found none`);
  const times = body.filter((line) => line === anchor).length;
  if (times === 1) return at;
  throw new EditError(
    'anchor_ambiguous',
    `expected the line "${anchor}" once in the skill ${id}, found it ${times} times`,
  );
}
