/**
 * Edits of a skill: whole files, or lines of the Markdown body found by an anchor that must match
 * exactly once.
 */
import { renderSkill } from '../harness/render.ts';
import { splitSkill } from '../harness/skill-file.ts';
import type { HarnessFiles } from '../types.ts';
import { EditError } from './error.ts';
import type { Op } from './schema.ts';

export type SkillOp = Extract<Op, { readonly op: `skill.${string}` }>;

const pathOf = (id: string): string => `skills/${id}/SKILL.md`;

/** Applies one skill operation. Throws EditError; the front matter is never touched. */
export function applySkillOp(files: HarnessFiles, op: SkillOp): HarnessFiles {
  const path = pathOf(op.id);
  const text = files.get(path);
  const result = new Map(files);
  if (op.op === 'skill.add') {
    if (text !== undefined) throw new EditError('duplicate_id', `expected a new skill, found ${op.id} already there`);
    return result.set(path, newSkill(op));
  }
  if (text === undefined) throw new EditError('unknown_id', `expected a skill of the harness, found no ${op.id}`);
  if (op.op === 'skill.remove') {
    result.delete(path);
    return result;
  }
  return result.set(path, editBody(text, op));
}

function newSkill(op: Extract<SkillOp, { op: 'skill.add' }>): string {
  const body = op.lines
    .join('\n')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd();
  if (body === '') throw new EditError('invalid', `expected steps for the skill ${op.id}, found blank lines`);
  return renderSkill({ name: op.id, description: op.description, metadata: {}, body });
}

type BodyOp = Extract<SkillOp, { op: 'skill.insert' | 'skill.replace' | 'skill.delete' }>;

function editBody(text: string, op: BodyOp): string {
  const split = splitSkill(text);
  if (!split) throw new EditError('invalid', `expected front matter in the skill ${op.id}, found none`);
  const { lines, bodyLine } = split;
  const fresh = op.op === 'skill.delete' ? [] : op.lines;
  const anchor = op.op === 'skill.insert' ? op.after : op.anchor;
  const at = anchor === null ? firstLine(lines, bodyLine) : anchorLine(lines, bodyLine, anchor, op.id);
  const changed =
    op.op === 'skill.insert'
      ? lines.toSpliced(anchor === null ? at : at + 1, 0, ...fresh)
      : lines.toSpliced(at, 1, ...fresh);
  if (changed.slice(bodyLine).every((line) => line.trim() === '')) {
    throw new EditError('invalid', `expected steps to remain in the skill ${op.id}, found none; remove the skill`);
  }
  return changed.join(text.includes('\r\n') ? '\r\n' : '\n');
}

/** The first line of the body that is not blank. */
function firstLine(lines: readonly string[], bodyLine: number): number {
  const found = lines.findIndex((line, index) => index >= bodyLine && line.trim() !== '');
  return found < 0 ? lines.length : found;
}

function anchorLine(lines: readonly string[], bodyLine: number, anchor: string, id: string): number {
  const places = lines.flatMap((line, index) => (index >= bodyLine && line === anchor ? [index] : []));
  const [place, second] = places;
  if (place === undefined) {
    throw new EditError('anchor_missing', `expected the line "${anchor}" in the skill ${id}, found none`);
  }
  if (second !== undefined) {
    throw new EditError(
      'anchor_ambiguous',
      `expected the line "${anchor}" once in the skill ${id}, found it ${places.length} times`,
    );
  }
  return place;
}
