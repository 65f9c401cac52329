/** Finds what cannot work before a rollout: unknown tools, arguments and paths, contradictions. */
import { canonicalJson } from '../../digest.ts';
import type { Harness, Tool } from '../../types.ts';
import { wordsIn } from '../../words.ts';
import { placeOfEntry } from '../editable.ts';
import type { Format } from '../schema.ts';
import { sectionName, sectionsOf } from '../sections.ts';
import type { Shapes } from '../shapes.ts';
import { lintClause } from './clause.ts';
import { lintContradictions } from './contradictions.ts';
import { argumentsOf, type LintIssue, type LintWorld, nearMatch } from './world.ts';

export { type Shapes, shapesOf } from '../shapes.ts';
export type { LintIssue } from './world.ts';

/**
 * All issues, in document order. `tools` need not list `done`; paths of tools without a shape are
 * not checked. Issues name ids and not positions, so that those of an unchanged part stay equal.
 */
export function lintHarness(harness: Harness, tools: readonly Tool[], shapes: Shapes): LintIssue[] {
  const world: LintWorld = { tools: new Map(tools.map((tool) => [tool.name, tool])), shapes };
  const { contract } = harness;
  return [
    ...contract.clauses.flatMap((clause) => lintClause(clause, world)),
    ...lintDuplicates(harness),
    ...lintContradictions(contract.clauses),
    ...lintAliases(harness, world),
    ...contract.formats.flatMap((format) => lintFormat(format, world)),
    ...lintSettings(harness, world),
    ...lintCaps(harness),
    ...lintSkills(harness),
  ];
}

function lintSkills({ skills }: Harness): LintIssue[] {
  const message = 'its description holds no word, so no request finds it; say for which requests it is';
  return skills
    .filter(({ description }) => wordsIn(description).length === 0)
    .map(({ name }) => ({ severity: 'warning', where: `skill ${name}`, message }));
}

const error = (where: string, message: string): LintIssue => ({ severity: 'error', where, message });

const lacks = (world: LintWorld, tool: string, argument: string): string =>
  `${tool} has no argument ${argument}${nearMatch(argument, argumentsOf(world, [tool]))}`;

function lintDuplicates(harness: Harness): LintIssue[] {
  const owner = new Map<string, string>();
  const issues: LintIssue[] = [];
  for (const { id, evidence: _, ...content } of harness.contract.clauses) {
    const key = canonicalJson(content);
    const other = owner.get(key);
    if (other !== undefined) issues.push(error(`clause ${id}`, `says the same as clause ${other}; remove one`));
    else owner.set(key, id);
  }
  return issues;
}

function lintAliases(harness: Harness, world: LintWorld): LintIssue[] {
  return Object.entries(harness.contract.aliases).flatMap(([tool, names]) =>
    Object.entries(names).flatMap(([wrong, right]) => {
      const where = `alias:${tool}.${wrong}`;
      if (!world.tools.has(tool)) return [error(where, `there is no tool ${tool}`)];
      const known = argumentsOf(world, [tool]);
      if (known.has(wrong)) return [error(where, `${wrong} is an argument of ${tool} and must keep its meaning`)];
      if (!known.has(right)) return [error(where, `${tool} has no argument ${right}; it has ${[...known].join(', ')}`)];
      const [from, to] = [parentOf(wrong), parentOf(right)];
      if (from !== to) return [error(where, `${wrong} and ${right} stand in different objects; rename within one`)];
      return [];
    }),
  );
}

/** `slot` of `slot.date`; '' for an argument itself. */
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('.')));

function lintFormat(format: Format, world: LintWorld): LintIssue[] {
  const where = `format:${format.argument}`;
  const unknown = (format.tools ?? []).filter((tool) => !world.tools.has(tool));
  if (unknown.length > 0) return unknown.map((tool) => error(where, `there is no tool ${tool}`));
  const without = (format.tools ?? []).filter((tool) => !argumentsOf(world, [tool]).has(format.argument));
  if (without.length > 0) return without.map((tool) => error(where, lacks(world, tool, format.argument)));
  const known = argumentsOf(world, [...world.tools.keys()]);
  if (known.has(format.argument)) return [];
  return [error(where, `no tool has an argument ${format.argument}${nearMatch(format.argument, known)}`)];
}

function lintSettings(harness: Harness, world: LintWorld): LintIssue[] {
  const { permissions, protected: guarded } = harness.settings;
  const issues: LintIssue[] = [];
  const limited = permissions.limits.map((limit) => limit.tool);
  for (const tool of new Set([...(permissions.tools ?? []), ...permissions.confirm, ...limited])) {
    if (tool !== 'done' && !world.tools.has(tool)) issues.push(error('permissions', `there is no tool ${tool}`));
  }
  for (const { tool, argument } of permissions.limits) {
    if (world.tools.has(tool) && !argumentsOf(world, [tool]).has(argument)) {
      issues.push(error('permissions', lacks(world, tool, argument)));
    }
  }
  const ids = new Set([
    ...harness.contract.clauses.map(({ id }) => id),
    ...harness.regulation.monitors.map(({ id }) => id),
    ...harness.skills.map(({ name }) => name),
  ]);
  for (const name of guarded) {
    const section = sectionName(name);
    const message =
      section !== null
        ? lintSection(harness, section)
        : ids.has(name)
          ? null
          : `there is no clause, monitor or skill ${name}`;
    if (message !== null) issues.push(error('protected', message));
  }
  return [...issues, ...lintEditable(harness)];
}

/** Each entry must name a file or exactly one section. */
function lintEditable(harness: Harness): LintIssue[] {
  const files = new Map([
    ...['contract.yaml', 'harness.yaml', 'regulation.yaml', 'skills/*'].map((path) => [path, ''] as const),
    ['policy.md', harness.policy] as const,
    ...harness.skills.map(({ name, body }) => [`skills/${name}/SKILL.md`, body] as const),
  ]);
  return harness.settings.editable.flatMap((entry) => {
    const { path, heading } = placeOfEntry(entry);
    const text = files.get(path);
    if (text === undefined) return [error('editable', `there is no ${path}${nearMatch(path, files.keys())}`)];
    const found = heading === null ? 1 : sectionsOf(text, heading).length;
    if (found === 1) return [];
    return [error('editable', `expected one heading "${heading}" in ${path}, found ${found}`)];
  });
}

function lintSection(
  { skills }: Harness,
  { skill, heading }: NonNullable<ReturnType<typeof sectionName>>,
): string | null {
  const body = skills.find(({ name }) => name === skill)?.body;
  if (body === undefined) return `there is no skill ${skill}`;
  const found = sectionsOf(body, heading).length;
  return found === 1 ? null : `expected one heading "${heading}" in the skill ${skill}, found ${found}`;
}

/** Texts of this harness that a model may read, without the policy. */
function textsOf(harness: Harness): string[] {
  const said = harness.contract.clauses.filter(({ tell }) => tell !== 'off').map(({ say }) => say ?? '');
  const answers = harness.contract.clauses.map(({ otherwise }) => otherwise ?? '');
  const skills = harness.skills.map(({ description, body }) => `${description}\n${body}`);
  return [...said, ...answers, ...skills, ...harness.regulation.monitors.map(({ message }) => message)];
}

/** Four characters per token is the usual estimate for English text. */
const charactersPerToken = 4;

function lintCaps(harness: Harness): LintIssue[] {
  const text = textsOf(harness).join('\n');
  const sizes = {
    clauses: harness.contract.clauses.length,
    skills: harness.skills.length,
    words: text.split(/\s+/).filter((word) => word !== '').length,
    tokens: Math.ceil(text.length / charactersPerToken),
  };
  const { caps } = harness.settings;
  return (['clauses', 'skills', 'words', 'tokens'] as const)
    .filter((name) => sizes[name] > caps[name])
    .map((name) => error('caps', `expected at most ${caps[name]} ${name}, found ${sizes[name]}`));
}
