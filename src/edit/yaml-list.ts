/** Adds, removes and replaces items of a top-level YAML list. */
import { type Document, isMap, isSeq, type Node, type YAMLMap } from 'yaml';
import { canonicalJson } from '../digest.ts';
import { renderYaml } from '../harness/render.ts';
import {
  endOf,
  indentOf,
  isBlock,
  linesOf,
  pairOf,
  spliced,
  startOf,
  withLines,
  type YamlChange,
  type YamlLines,
} from './yaml.ts';

type Entries = Readonly<Record<string, unknown>>;

const listIn = (value: Record<string, unknown>, key: string): unknown[] => {
  const list = value[key];
  return Array.isArray(list) ? list : [];
};

/** First and last line of a block item, its comment lines above not counted. */
function itemLines(source: YamlLines, item: Node): { first: number; last: number; indent: number } | undefined {
  const first = source.lineAt(startOf(item));
  const line = source.lines[first] ?? '';
  if (!/^\s*-\s/.test(line)) return undefined;
  return { first, last: source.lastLine(item), indent: indentOf(line) };
}

/** Appends an item; `block` is its text with the dash, at indentation 0. */
export function appendItem(key: string, entries: Entries, block: string): YamlChange {
  return {
    mutate(value) {
      value[key] = [...listIn(value, key), entries];
    },
    edit(doc) {
      if (isSeq(doc.get(key))) doc.addIn([key], doc.createNode(entries));
      else doc.set(key, doc.createNode([entries]));
    },
    splice(source) {
      const pair = pairOf(source.doc.contents, key);
      if (!pair) return withLines(source, [`${key}:`, ...linesOf(block, 2)]);
      const list = pair.value;
      const keyLine = source.lineAt(startOf(pair.key));
      if (isSeq(list) && list.items.length > 0) {
        const last = isBlock(list) ? itemLines(source, list.items.at(-1) as Node) : undefined;
        return last && spliced(source.lines, last.last + 1, 0, linesOf(block, last.indent));
      }
      // `clauses: []` or `clauses:`, perhaps with a comment behind it.
      const opened = (source.lines[keyLine] ?? '').replace(/^([^:#]*:)[ ]*\[\s*\]/, '$1');
      return spliced(source.lines, keyLine, 1, [opened, ...linesOf(block, 2)]);
    },
  };
}

/**
 * Removes an item with the comment right above it; the list's key goes with the last item, unless
 * it is commented.
 */
export function removeItem(key: string, index: number): YamlChange {
  return {
    mutate(value) {
      value[key] = listIn(value, key).filter((_, other) => other !== index);
    },
    edit(doc) {
      doc.deleteIn([key, index]);
      const list = doc.get(key);
      if (isSeq(list) && list.items.length === 0) doc.delete(key);
    },
    splice(source) {
      const pair = pairOf(source.doc.contents, key);
      const list = pair?.value;
      if (!pair || !isSeq(list) || !isBlock(list)) return undefined;
      const place = itemLines(source, list.items[index] as Node);
      if (!place) return undefined;
      const { lines } = source;
      if (list.items.length === 1) return removeList(source, source.lineAt(startOf(pair.key)), place);
      let first = place.first;
      if (index > 0) while (isCommentAt(lines[first - 1], place.indent)) first--;
      const loneBlank =
        lines[first - 1]?.trim() === '' && lines[place.last + 1] === '' && place.last + 2 < lines.length;
      return spliced(lines, first, place.last + 1 - first + (loneBlank ? 1 : 0), []);
    },
  };
}

const isCommentAt = (line: string | undefined, indent: number): boolean =>
  line?.trimStart().startsWith('#') === true && indentOf(line) === indent;

function removeList(source: YamlLines, keyLine: number, place: { first: number; last: number }): string {
  const { lines } = source;
  const head = lines[keyLine] ?? '';
  const between = lines.slice(keyLine + 1, place.first);
  if (!head.includes('#') && between.every((line) => line.trim() === '')) {
    return spliced(lines, keyLine, place.last + 1 - keyLine, []);
  }
  return spliced(lines, keyLine, place.last + 1 - keyLine, [head.replace(':', ': []'), ...between]);
}

export interface Replacement {
  /** The item as it is written: defaults left out. */
  readonly entries: Entries;
  /** Its text with the dash, at indentation 0. */
  readonly block: string;
  /** Old and new item with all defaults, to leave keys alone whose meaning stays. */
  readonly before: Entries;
  readonly after: Entries;
}

/** Replaces an item key by key: what stays equal keeps its text, place and comments. */
export function replaceItem(key: string, index: number, item: Replacement): YamlChange {
  const same = (name: string) => canonicalJson({ at: item.before[name] }) === canonicalJson({ at: item.after[name] });
  const merge = (old: Entries): Entries => {
    const kept = Object.entries(old).filter(([name]) => same(name) || name in item.entries);
    const fresh = Object.entries(item.entries).filter(([name]) => !same(name) || name in old);
    const changed = Object.fromEntries(fresh.filter(([name]) => !same(name)));
    return { ...Object.fromEntries(kept), ...changed };
  };
  return {
    mutate(value) {
      value[key] = listIn(value, key).map((old, other) => (other === index ? merge(old as Entries) : old));
    },
    edit(doc) {
      editPairs(doc, [key, index], merge);
    },
    splice(source) {
      const list = pairOf(source.doc.contents, key)?.value;
      const node = isSeq(list) && isBlock(list) ? (list.items[index] as Node) : undefined;
      const place = node && itemLines(source, node);
      if (!node || !place) return undefined;
      const byKey = isMap(node) && isBlock(node) ? replacePairs(source, node, item, same) : undefined;
      return (
        byKey ?? spliced(source.lines, place.first, place.last + 1 - place.first, linesOf(item.block, place.indent))
      );
    },
  };
}

function editPairs(doc: Document, path: readonly (string | number)[], merge: (old: Entries) => Entries): void {
  const node = doc.getIn(path);
  if (!isMap(node)) return;
  const old = node.toJSON() as Entries;
  const merged = merge(old);
  for (const name of Object.keys(old)) if (!(name in merged)) node.delete(name);
  for (const [name, value] of Object.entries(merged)) {
    if (canonicalJson({ at: value }) !== canonicalJson({ at: old[name] })) node.set(name, doc.createNode(value));
  }
}

/** undefined when the key on the dash's own line would have to go. */
function replacePairs(
  source: YamlLines,
  node: YAMLMap,
  item: Replacement,
  same: (name: string) => boolean,
): string | undefined {
  const present = node.items.map((pair) => ({
    name: String(pair.key),
    first: source.lineAt(startOf(pair.key as Node)),
    last: source.lastLine((pair.value ?? pair.key) as Node),
    column: 0,
    value: pair.value as Node | null,
  }));
  const [head] = present;
  if (!head || !same(head.name)) return undefined;
  const dashLine = source.lines[head.first] ?? '';
  const indent = dashLine.indexOf(head.name);
  const order = Object.keys(item.after);
  let lines = [...source.lines];
  // From the bottom up, so that line numbers above stay right.
  for (const pair of present.toReversed()) {
    for (const name of addedAfter(pair.name, order, present, item, same).toReversed()) {
      lines = lines.toSpliced(pair.last + 1, 0, ...linesOf(renderYaml({ [name]: item.entries[name] }, 1), indent));
    }
    if (same(pair.name)) continue;
    const fresh =
      pair.name in item.entries ? linesOf(renderYaml({ [pair.name]: item.entries[pair.name] }, 1), indent) : [];
    const comment = pair.value ? trailingComment(source, pair.value) : '';
    if (comment !== '' && fresh.length === 1 && pair.first === pair.last) fresh[0] += comment;
    else if (comment !== '') fresh.unshift(' '.repeat(indent) + comment.trim());
    lines = lines.toSpliced(pair.first, pair.last + 1 - pair.first, ...fresh);
  }
  return lines.join('\n');
}

/** New keys whose nearest written predecessor, in the schema's order, is `name`. */
function addedAfter(
  name: string,
  order: readonly string[],
  present: readonly { readonly name: string }[],
  item: Replacement,
  same: (name: string) => boolean,
): string[] {
  const written = new Set(present.map((pair) => pair.name));
  return order.filter((added) => {
    if (written.has(added) || same(added) || !(added in item.entries)) return false;
    const before = order.slice(0, order.indexOf(added)).findLast((key) => written.has(key));
    return (before ?? present[0]?.name) === name;
  });
}

/** The comment behind a value on its last line, with the spaces before it. */
function trailingComment(source: YamlLines, value: Node): string {
  const last = source.lastLine(value);
  const line = source.lines[last] ?? '';
  const lineStart = source.lines.slice(0, last).reduce((sum, other) => sum + other.length + 1, 0);
  const rest = line.slice(Math.max(0, endOf(value) - lineStart));
  return /^\s+#/.test(rest) ? rest : '';
}
