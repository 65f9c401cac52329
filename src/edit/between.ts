/** The operations that lead from one state of the files to another, whoever edited them. */
import { diffArrays } from 'diff';
import { canonicalJson } from '../digest.ts';
import { parseHarness } from '../harness/parse.ts';
import type { Clause, Format, Monitor, Skill } from '../harness/schema.ts';
import { splitSkill } from '../harness/skill-file.ts';
import type { Harness, HarnessFiles } from '../types.ts';
import { applyEdit } from './apply.ts';
import { EditError } from './error.ts';
import type { Op } from './ops/index.ts';
import { skillFile } from './skill-body.ts';

/**
 * The fewest operations; a file whose meaning they do not give is changed as text. What has no
 * meaning (comments and layout of YAML) is left out. Throws UsageError for an invalid harness.
 */
export function opsBetween(env: string, before: HarnessFiles, after: HarnessFiles): Op[] {
  const [old, now] = [parseHarness(env, before), parseHarness(env, after)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths
    .filter((path) => before.get(path) !== after.get(path))
    .flatMap((path) => {
      const ops = typedOps(path, old, now);
      return ops !== null && gives(ops, path, { before, now }) ? ops : asText(path, before.get(path), after.get(path));
    });
}

/** Null for a file that no typed operation changes. */
function typedOps(path: string, old: Harness, now: Harness): Op[] | null {
  switch (path) {
    case 'contract.yaml':
      return contractOps(old, now);
    case 'regulation.yaml':
      return itemOps<Monitor>([old.regulation.monitors, now.regulation.monitors], ({ id }) => id, {
        add: (monitor) => [{ op: 'monitor.add', monitor }],
        remove: ({ id }) => [{ op: 'monitor.remove', id }],
        replace: (_, monitor) => [{ op: 'monitor.replace', id: monitor.id, monitor }],
      });
    case 'harness.yaml':
      return switchOps(old, now);
  }
  const of = ({ skills }: Harness) => skills.find(({ name }) => skillFile(name) === path);
  const [skill, fresh] = [of(old), of(now)];
  if (skill === undefined && fresh === undefined) return null;
  return skillOps(
    skill,
    fresh,
    [old, now].map(({ files }) => files.get(path) ?? ''),
  );
}

interface ItemOps<T> {
  add(item: T): Op[];
  remove(item: T): Op[];
  replace(old: T, now: T): Op[];
}

function itemOps<T>([old, now]: readonly [readonly T[], readonly T[]], idOf: (item: T) => string, ops: ItemOps<T>) {
  const [before, after] = [old, now].map((items) => new Map(items.map((item) => [idOf(item), item])));
  const removed = old.flatMap((item) => (after?.has(idOf(item)) ? [] : ops.remove(item)));
  const others = now.flatMap((item) => {
    const was = before?.get(idOf(item));
    if (was === undefined) return ops.add(item);
    return canonicalJson(was) === canonicalJson(item) ? [] : ops.replace(was, item);
  });
  return [...removed, ...others];
}

interface Alias {
  readonly tool: string;
  readonly from: string;
  readonly to: string;
}

function contractOps({ contract: old }: Harness, { contract: now }: Harness): Op[] {
  const clauses = itemOps<Clause>([old.clauses, now.clauses], ({ id }) => id, {
    add: (clause) => [{ op: 'clause.add', clause }],
    remove: ({ id }) => [{ op: 'clause.remove', id }],
    replace: (_, clause) => [{ op: 'clause.replace', id: clause.id, clause }],
  });
  const aliases = itemOps<Alias>(
    [aliasesOf(old), aliasesOf(now)],
    ({ tool, from }) => `${tool} ${from}`,
    replacing({
      add: (alias) => [{ op: 'alias.add', ...alias }],
      remove: ({ tool, from }) => [{ op: 'alias.remove', tool, from }],
    }),
  );
  const formats = itemOps<Format>(
    [old.formats, now.formats],
    ({ argument, pattern }) => `${argument} ${pattern}`,
    replacing({
      add: (format) => [{ op: 'format.add', format }],
      remove: ({ argument, pattern }) => [{ op: 'format.remove', argument, pattern }],
    }),
  );
  return [...clauses, ...aliases, ...formats];
}

const aliasesOf = ({ aliases }: Harness['contract']): Alias[] =>
  Object.entries(aliases).flatMap(([tool, names]) => Object.entries(names).map(([from, to]) => ({ tool, from, to })));

/** For items without an operation that replaces them. */
const replacing = <T>(ops: Omit<ItemOps<T>, 'replace'>): ItemOps<T> => ({
  ...ops,
  replace: (old, now) => [...ops.remove(old), ...ops.add(now)],
});

function switchOps({ settings: old }: Harness, { settings: now }: Harness): Op[] {
  const keys = Object.keys(now.realization) as (keyof typeof now.realization)[];
  return keys.flatMap((key): Op[] =>
    now.realization[key] === old.realization[key] ? [] : [{ op: 'switch.set', key, value: now.realization[key] }],
  );
}

/** Line by line, below the front matter. */
function skillOps(old: Skill | undefined, now: Skill | undefined, [before = '', after = '']: string[]): Op[] | null {
  if (now === undefined) return [{ op: 'skill.remove', id: old?.name ?? '' }];
  const { name: id, description, body } = now;
  if (old === undefined) return [{ op: 'skill.add', id, description, lines: body.split('\n') }];
  const [from, to] = [before, after].map((text) => {
    const split = splitSkill(text);
    return split?.lines.slice(split.bodyLine) ?? [];
  }) as [string[], string[]];
  return hunksOf(from, to).flatMap(({ at, removed, added }): Op[] => {
    const [anchor, ...more] = removed;
    const deleted = more.map((line): Op => ({ op: 'skill.delete', id, anchor: line }));
    if (anchor !== undefined && added.length === 0) return [{ op: 'skill.delete', id, anchor }, ...deleted];
    if (anchor !== undefined) return [{ op: 'skill.replace', id, anchor, lines: added }, ...deleted];
    const [last, next] = [from[at - 1], from[at]];
    if (from.slice(0, at).every((line) => line.trim() === ''))
      return [{ op: 'skill.insert', id, after: null, lines: added }];
    // A blank line is no anchor, and the line that follows may be one.
    const isBlank = last?.trim() === '' && next !== undefined && next.trim() !== '';
    return isBlank
      ? [{ op: 'skill.replace', id, anchor: next, lines: [...added, next] }]
      : [{ op: 'skill.insert', id, after: last ?? null, lines: added }];
  });
}

/** Where lines differ; `at` counts the old ones before. */
function hunksOf(from: readonly string[], to: readonly string[]) {
  const hunks: { at: number; removed: string[]; added: string[] }[] = [];
  let [at, isOpen] = [0, false];
  for (const { value, added, removed } of diffArrays([...from], [...to])) {
    if (added || removed) {
      if (!isOpen) hunks.push({ at, removed: [], added: [] });
      hunks.at(-1)?.[added ? 'added' : 'removed'].push(...value);
    }
    isOpen = added || removed;
    if (!added) at += value.length;
  }
  // What is added after a blank line and ends in one stands as well before it, after words.
  for (const hunk of hunks)
    while (hunk.removed.length === 0 && hunk.at > 0 && from[hunk.at - 1] === '' && hunk.added.at(-1) === '') {
      hunk.added.unshift(hunk.added.pop() as string);
      hunk.at -= 1;
    }
  return hunks;
}

/** Whether the operations give the file the meaning that it has in `now`. */
function gives(ops: readonly Op[], path: string, { before, now }: { before: HarnessFiles; now: Harness }): boolean {
  try {
    const files = applyEdit(before, {
      ops: [...ops],
      hypothesis: '',
      addresses: [],
      predicts: { fixes: 0, risks: '' },
      proposer: 'x',
    });
    return meaningOf(path, parseHarness(now.env, files)) === meaningOf(path, now);
  } catch (error) {
    if (error instanceof EditError) return false;
    throw error;
  }
}

/** What a file says, whatever the order of its items. */
function meaningOf(path: string, { contract, regulation, settings, skills }: Harness): string {
  const sorted = <T>(items: readonly T[]): string[] => items.map((item) => canonicalJson(item)).sort();
  if (path === 'contract.yaml')
    return canonicalJson([sorted(contract.clauses), contract.aliases, sorted(contract.formats)]);
  if (path === 'regulation.yaml') return canonicalJson(sorted(regulation.monitors));
  return path === 'harness.yaml'
    ? canonicalJson(settings)
    : canonicalJson(skills.filter(({ name }) => skillFile(name) === path));
}

/** From the first line that differs to the last, with those before it that tell the place. */
function asText(path: string, before: string | undefined, after: string | undefined): Op[] {
  const [old, now] = [before, after].map((text) => text?.split('\n') ?? []) as [string[], string[]];
  if (before === undefined || after === undefined) return [{ op: 'text.replace', path, old, lines: now }];
  const most = Math.min(old.length, now.length);
  let start = 0;
  while (start < most && old[start] === now[start]) start++;
  let end = 0;
  while (end < most - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const isOnce = (lines: readonly string[]) =>
    lines.length > 0 && old.filter((_, at) => lines.every((line, index) => old[at + index] === line)).length === 1;
  while (start > 0 && !isOnce(old.slice(start, old.length - end))) start--;
  if (!isOnce(old.slice(start, old.length - end))) end = 0;
  return [
    { op: 'text.replace', path, old: old.slice(start, old.length - end), lines: now.slice(start, now.length - end) },
  ];
}
