/**
 * Applies edits to the files of a harness: pure, all or nothing, never policy.md or front matter.
 */
import type { z } from 'zod';
import { canonicalJson } from '../digest.ts';
import { clauseEntries, formatEntries, monitorEntries, renderItem } from '../harness/render.ts';
import { Clause, Format, Monitor, Realization } from '../harness/schema.ts';
import { hiddenCharacter } from '../harness/text-checks.ts';
import type { HarnessFiles } from '../types.ts';
import { EditError } from './error.ts';
import type { Edit, Op } from './schema.ts';
import { applySkillOp, type SkillOp } from './skill.ts';
import { changeYaml, type YamlChange, yamlValue } from './yaml.ts';
import { appendItem, removeItem, replaceItem } from './yaml-list.ts';
import { removeEntry, setEntry } from './yaml-map.ts';

/**
 * The files after all operations of an edit, in order. Comments and key order of YAML survive; a
 * file that is needed is created, one that becomes empty is removed. Throws EditError with a reason
 * code; the given files never change.
 */
export function applyEdit(files: HarnessFiles, edit: Edit): HarnessFiles {
  const found = hiddenCharacter(canonicalStrings(edit.ops));
  if (found) throw new EditError('invalid', `expected visible text, found the invisible character ${found.name}`);
  return edit.ops.reduce(applyOp, files);
}

/** The files after several edits, in order. Throws EditError. */
export const applyEdits = (files: HarnessFiles, edits: readonly Edit[]): HarnessFiles => edits.reduce(applyEdit, files);

/** All strings at any depth, a line each: JSON would hide control characters behind escapes. */
function canonicalStrings(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, entry]) => `${key}\n${canonicalStrings(entry)}`)
    .join('\n');
}

function applyOp(files: HarnessFiles, op: Op): HarnessFiles {
  switch (op.op) {
    case 'clause.add':
    case 'clause.replace':
    case 'clause.remove':
      return changeList(
        files,
        clauses,
        op.op,
        op.op === 'clause.add' ? op.clause.id : op.id,
        'clause' in op ? op.clause : undefined,
      );
    case 'monitor.add':
    case 'monitor.replace':
    case 'monitor.remove':
      return changeList(
        files,
        monitors,
        op.op,
        op.op === 'monitor.add' ? op.monitor.id : op.id,
        'monitor' in op ? op.monitor : undefined,
      );
    case 'format.add':
      return changeList(files, formats, op.op, formatKey(op.format), op.format);
    case 'format.remove':
      return changeList(files, formats, op.op, formatKey(op), undefined);
    case 'alias.add':
    case 'alias.remove':
      return changeAlias(files, op);
    case 'switch.set':
      return setSwitch(files, op);
    default:
      return applySkillOp(files, op satisfies SkillOp);
  }
}

/** One of the three lists of items. */
interface List<T> {
  readonly file: string;
  readonly key: string;
  readonly what: 'clause' | 'format' | 'monitor';
  readonly schema: z.ZodType<T>;
  idOf(item: T): string;
  entries(item: T): Readonly<Record<string, unknown>>;
}

const clauses: List<Clause> = {
  file: 'contract.yaml',
  key: 'clauses',
  what: 'clause',
  schema: Clause,
  idOf: (clause) => clause.id,
  entries: clauseEntries,
};
const formatKey = (format: { readonly argument: string; readonly pattern: string }): string =>
  `${format.argument} ${format.pattern}`;
const formats: List<Format> = {
  file: 'contract.yaml',
  key: 'formats',
  what: 'format',
  schema: Format,
  idOf: formatKey,
  entries: formatEntries,
};
const monitors: List<Monitor> = {
  file: 'regulation.yaml',
  key: 'monitors',
  what: 'monitor',
  schema: Monitor,
  idOf: (monitor) => monitor.id,
  entries: monitorEntries,
};

function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new EditError(
    'invalid',
    `expected a valid ${what}, found ${result.error.issues[0]?.message ?? 'another value'}`,
  );
}

function change(files: HarnessFiles, file: string, step: YamlChange): HarnessFiles {
  const text = changeYaml(files.get(file) ?? '', step);
  const result = new Map(files);
  if (text === '') result.delete(file);
  else result.set(file, text);
  return result;
}

function changeList<T>(files: HarnessFiles, list: List<T>, op: Op['op'], id: string, given: unknown): HarnessFiles {
  const raw = yamlValue(files.get(list.file) ?? '')[list.key] ?? [];
  if (!Array.isArray(raw)) throw new EditError('invalid', `expected a list ${list.key}, found something else`);
  const items = raw.map((item) => checked(list.schema, item, list.what));
  const index = items.findIndex((item) => list.idOf(item) === id);
  const item = given === undefined ? undefined : checked(list.schema, given, list.what);
  if (item !== undefined && items.some((other, at) => at !== index && list.idOf(other) === list.idOf(item))) {
    throw new EditError('duplicate_id', `expected a new ${list.what}, found ${list.idOf(item)} already there`);
  }
  if (op.endsWith('.add') && item !== undefined) {
    if (index >= 0) throw new EditError('duplicate_id', `expected a new ${list.what}, found ${id} already there`);
    const entries = list.entries(item);
    return change(files, list.file, appendItem(list.key, entries, renderItem(list.what, entries)));
  }
  const before = items[index];
  if (before === undefined) throw new EditError('unknown_id', `expected a ${list.what} of the harness, found no ${id}`);
  if (item === undefined) return change(files, list.file, removeItem(list.key, index));
  if (canonicalJson(before) === canonicalJson(item)) return files;
  const entries = list.entries(item);
  const block = renderItem(list.what, entries);
  return change(
    files,
    list.file,
    replaceItem(list.key, index, {
      entries,
      block,
      before: before as Readonly<Record<string, unknown>>,
      after: item as Readonly<Record<string, unknown>>,
    }),
  );
}

function changeAlias(files: HarnessFiles, op: Extract<Op, { op: 'alias.add' | 'alias.remove' }>): HarnessFiles {
  const file = 'contract.yaml';
  const aliases = (yamlValue(files.get(file) ?? '').aliases ?? {}) as Record<string, Record<string, unknown>>;
  const known = Object.hasOwn(aliases, op.tool) && Object.hasOwn(aliases[op.tool] ?? {}, op.from);
  if (op.op === 'alias.add') {
    if (known) throw new EditError('duplicate_id', `expected a new alias, found ${op.tool}.${op.from} already there`);
    return change(files, file, setEntry(['aliases', op.tool], op.from, op.to));
  }
  if (!known) throw new EditError('unknown_id', `expected an alias of the harness, found no ${op.tool}.${op.from}`);
  return change(files, file, removeEntry(['aliases', op.tool], op.from));
}

function setSwitch(files: HarnessFiles, op: Extract<Op, { op: 'switch.set' }>): HarnessFiles {
  const file = 'harness.yaml';
  checked(Realization, { [op.key]: op.value }, `value of ${op.key}`);
  const usual = Realization.parse({})[op.key];
  const own = files.get(file) ?? '';
  const text = yamlValue(own).version === undefined ? `version: 1\n${own}` : own;
  const raw = (yamlValue(text).realization ?? {}) as Record<string, unknown>;
  if ((raw[op.key] ?? usual) === op.value) return files;
  const step = usual === op.value ? removeEntry(['realization'], op.key) : setEntry(['realization'], op.key, op.value);
  return change(new Map(files).set(file, text), file, step);
}
