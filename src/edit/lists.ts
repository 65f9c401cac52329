/** The lists of a harness: clauses, formats and monitors are added, replaced and removed alike. */
import { isMap, isSeq, type YAMLMap, YAMLSeq } from 'yaml';
import type { z } from 'zod';
import { canonicalJson } from '../digest.ts';
import { clauseEntries, formatEntries, monitorEntries } from '../harness/render.ts';
import { Clause, Format, Monitor } from '../harness/schema.ts';
import type { HarnessFiles } from '../types.ts';
import { checked, EditError } from './error.ts';
import { deleteEmpty, editYaml, isEmpty, setNode } from './yaml.ts';

/** One list of a document. */
export interface ItemList<T> {
  readonly path: string;
  readonly key: string;
  readonly what: string;
  readonly schema: z.ZodType<T>;
  /** The fields that identify an item. */
  readonly id: readonly string[];
  /** An item as written, without defaults. */
  entries(item: T): Readonly<Record<string, unknown>>;
}

export const clauses: ItemList<Clause> = {
  path: 'contract.yaml',
  key: 'clauses',
  what: 'clause',
  schema: Clause,
  id: ['id'],
  entries: clauseEntries,
};

export const formats: ItemList<Format> = {
  path: 'contract.yaml',
  key: 'formats',
  what: 'format',
  schema: Format,
  id: ['argument', 'pattern'],
  entries: formatEntries,
};

export const monitors: ItemList<Monitor> = {
  path: 'regulation.yaml',
  key: 'monitors',
  what: 'monitor',
  schema: Monitor,
  id: ['id'],
  entries: monitorEntries,
};

/** Appends an item. Throws EditError: `duplicate_id`, `invalid`. */
export function addItem<T>(files: HarnessFiles, list: ItemList<T>, item: T): HarnessFiles {
  const entries = list.entries(checked(list.schema, item, list.what));
  return editYaml(files, list.path, (root, doc) => {
    refuseTaken(list, itemsOf(root, list), idOf(list, entries));
    const seq = root.get(list.key, true);
    const node = doc.createNode(entries, { aliasDuplicateObjects: false });
    if (isSeq(seq)) seq.add(node);
    else setNode(doc, root, list.key, Object.assign(new YAMLSeq(doc.schema), { items: [node] }));
  });
}

/**
 * Replaces an item key by key, so that equal values keep their text, place and comments. Throws
 * EditError: `unknown_id`, `duplicate_id`, `invalid`.
 */
export function replaceItem<T extends object>(
  files: HarnessFiles,
  list: ItemList<T>,
  id: string,
  item: T,
): HarnessFiles {
  const after = checked(list.schema, item, list.what);
  const entries = list.entries(after);
  return editYaml(files, list.path, (root, doc) => {
    const items = itemsOf(root, list);
    const map = itemAt(list, items, id);
    const others = items.filter((other) => other !== map);
    refuseTaken(list, others, idOf(list, entries));
    const before = checked(list.schema, map.toJSON(), list.what);
    if (canonicalJson(before) === canonicalJson(after)) return false;
    const old = new Map<string, unknown>(Object.entries(before));
    const now = new Map<string, unknown>(Object.entries(after));
    const differs = (key: string) => canonicalJson({ at: old.get(key) }) !== canonicalJson({ at: now.get(key) });
    for (const key of Object.keys(map.toJSON())) if (differs(key) && !(key in entries)) map.delete(key);
    let place = 0;
    for (const key of now.keys()) {
      const at = map.items.findIndex((pair) => String(pair.key) === key);
      if (at >= 0) place = at + 1;
      if (!differs(key) || !(key in entries)) continue;
      if (at >= 0) setNode(doc, map, key, entries[key]);
      else map.items.splice(place++, 0, doc.createPair(key, entries[key]));
    }
    return true;
  });
}

/** Removes an item with its comments, and an empty list. Throws EditError `unknown_id`. */
export function removeItem<T>(files: HarnessFiles, list: ItemList<T>, id: string): HarnessFiles {
  return editYaml(files, list.path, (root) => {
    const seq = root.get(list.key, true);
    const items = itemsOf(root, list);
    const map = itemAt(list, items, id);
    if (!isSeq(seq)) return;
    const at = items.indexOf(map);
    seq.delete(at);
    const next = items[at + 1];
    if (next !== undefined && at === 0) next.spaceBefore = false;
    // The parser gives comments before the next item to this one; they belong to the next.
    if (map.comment && map.flow !== true) {
      const heir = next ?? seq;
      const key = next === undefined ? 'comment' : 'commentBefore';
      heir[key] = [map.comment, heir[key]].filter(Boolean).join('\n');
    }
    deleteEmpty(root, list.key);
  });
}

const idOf = <T>({ id }: ItemList<T>, entries: Readonly<Record<string, unknown>>): string =>
  id.map((key) => String(entries[key])).join(' ');

function itemsOf<T>(root: YAMLMap, list: ItemList<T>): YAMLMap[] {
  const seq = root.get(list.key, true);
  if (isEmpty(seq)) return [];
  if (!isSeq(seq)) throw new EditError('invalid', `expected a list ${list.key}, found something else`);
  return seq.items.map((item) => {
    if (isMap(item)) return item;
    throw new EditError('invalid', `expected a map for each ${list.what}, found something else`);
  });
}

const idIn = <T>(list: ItemList<T>, map: YAMLMap): string => list.id.map((key) => String(map.get(key))).join(' ');

function itemAt<T>(list: ItemList<T>, items: readonly YAMLMap[], id: string): YAMLMap {
  const found = items.find((map) => idIn(list, map) === id);
  if (found === undefined) throw new EditError('unknown_id', `expected a ${list.what} of the harness, found no ${id}`);
  return found;
}

function refuseTaken<T>(list: ItemList<T>, items: readonly YAMLMap[], id: string): void {
  if (items.some((map) => idIn(list, map) === id))
    throw new EditError('duplicate_id', `expected a new ${list.what}, found ${id} already there`);
}
