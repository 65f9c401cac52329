/**
 * `skills/<id>/SKILL.md`: front matter between two lines of "---", then a Markdown body, as the
 * Agent Skills format has it (agentskills.io/specification). Keys that are not read are kept.
 */
import { UsageError } from '../errors.ts';
import { type Skill, SkillHead } from './schema.ts';
import { readAs, readYaml } from './yaml-document.ts';

export interface SkillText {
  /** The front matter's YAML, without the fences. */
  readonly head: string;
  /** Index of the first line of the front matter. */
  readonly headLine: number;
  /** Index of the first line below the closing fence. */
  readonly bodyLine: number;
  /** All lines of the file, without line ends. */
  readonly lines: readonly string[];
}

const isFence = (line: string): boolean => /^\ufeff?---[ \t]*$/.test(line);

/** Splits a skill's text; undefined without front matter. */
export function splitSkill(text: string): SkillText | undefined {
  const lines = text.split(/\r?\n/);
  const open = lines.findIndex((line) => line.trim() !== '');
  if (!isFence(lines[open] ?? '')) return undefined;
  const close = lines.findIndex((line, at) => at > open && isFence(line));
  if (close < 0) return undefined;
  return { head: lines.slice(open + 1, close).join('\n'), headLine: open + 1, bodyLine: close + 1, lines };
}

/** Parses a skill and trims blank lines around the body. Throws UsageError with its place. */
export function parseSkill(text: string, id: string, file: string): Skill {
  const split = splitSkill(text);
  if (!split) {
    throw new UsageError(
      'expected front matter between two lines "---", found none; start with ---, name, description',
      {
        where: `${file}:1:1`,
      },
    );
  }
  const source = readYaml(split.head, { file, linesAbove: split.headLine, prose: ['description'] });
  const { name, description, metadata } = readAs(SkillHead, source, {});
  if (name !== id) {
    source.fail(['name'], `expected the folder's name "${id}", found "${name}"; make them equal`);
  }
  const body = split.lines
    .slice(split.bodyLine)
    .join('\n')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd();
  if (body === '') {
    throw new UsageError('expected steps below the front matter, found nothing; write them or delete the skill', {
      where: `${file}:${split.bodyLine + 1}:1`,
    });
  }
  return { name, description, metadata, body };
}
