/** Sets and removes entries of nested YAML maps, such as an alias or a switch. */
import { isMap, type Node } from 'yaml';
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

type Entries = Record<string, unknown>;

const isEntries = (value: unknown): value is Entries =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The node at a path of keys; undefined where a key is absent. */
function nodeAt(source: YamlLines, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => pairOf(node, key)?.value, source.doc.contents);
}

/** Sets `path.key` to a value, creating the maps on the way. */
export function setEntry(path: readonly string[], key: string, value: string | number | boolean): YamlChange {
  return {
    mutate(root) {
      let map = root;
      for (const step of path) {
        if (!isEntries(map[step])) map[step] = {};
        map = map[step] as Entries;
      }
      map[key] = value;
    },
    edit(doc) {
      if (!isMap(doc.contents)) doc.contents = doc.createNode({}) as never;
      for (let depth = 1; depth <= path.length; depth++) {
        const at = path.slice(0, depth);
        if (!isMap(doc.getIn(at))) doc.setIn(at, doc.createNode({}));
      }
      doc.setIn([...path, key], value);
    },
    splice: (source) => spliceEntry(source, path, key, value),
  };
}

/** `value` may be a map where a map on the path was absent. */
function spliceEntry(source: YamlLines, path: readonly string[], key: string, value: unknown): string | undefined {
  const map = nodeAt(source, path);
  const fresh = renderYaml({ [key]: value }, Math.max(1, 2 - path.length));
  if (path.length === 0 && !isMap(map)) return withLines(source, linesOf(fresh, 0));
  if (!isMap(map) || map.items.length === 0) {
    const parent = path.at(-1);
    if (parent === undefined || pairOf(nodeAt(source, path.slice(0, -1)), parent)) return undefined;
    return spliceEntry(source, path.slice(0, -1), parent, { [key]: value });
  }
  const pair = pairOf(map, key);
  const text = source.lines.join('\n');
  if (pair?.value) {
    const scalar = renderYaml(value, 0).trimEnd();
    return text.slice(0, startOf(pair.value)) + scalar + text.slice(endOf(pair.value));
  }
  const last = map.items.at(-1)?.value as Node | null | undefined;
  if (!last || pair) return undefined;
  if (!isBlock(map)) {
    const entry = renderYaml({ [key]: value }, 0)
      .trimEnd()
      .slice(1, -1);
    return `${text.slice(0, endOf(last))}, ${entry}${text.slice(endOf(last))}`;
  }
  const first = map.items[0]?.key as Node;
  const indent = indentOf(source.lines[source.lineAt(startOf(first))]);
  return path.length === 0
    ? withLines(source, linesOf(fresh, indent))
    : spliced(source.lines, source.lastLine(last) + 1, 0, linesOf(fresh, indent));
}

/** Removes `path.key`, and the maps on the way that become empty. */
export function removeEntry(path: readonly string[], key: string): YamlChange {
  return {
    mutate(root) {
      const maps: Entries[] = [root];
      for (const step of path) maps.push((maps.at(-1)?.[step] ?? {}) as Entries);
      delete maps.at(-1)?.[key];
      for (let depth = path.length - 1; depth >= 0; depth--) {
        if (Object.keys(maps[depth + 1] ?? {}).length === 0) delete maps[depth]?.[path[depth] ?? ''];
      }
    },
    edit(doc) {
      doc.deleteIn([...path, key]);
      for (let depth = path.length; depth > 0; depth--) {
        const at = path.slice(0, depth);
        const map = doc.getIn(at);
        if (isMap(map) && map.items.length === 0) doc.deleteIn(at);
      }
    },
    splice: (source) => cutEntry(source, path, key),
  };
}

function cutEntry(source: YamlLines, path: readonly string[], key: string): string | undefined {
  const map = nodeAt(source, path);
  const pair = pairOf(map, key);
  if (!isMap(map) || !pair?.value) return undefined;
  const parent = path.at(-1);
  if (map.items.length === 1 && parent !== undefined) return cutEntry(source, path.slice(0, -1), parent);
  if (isBlock(map)) {
    const first = source.lineAt(startOf(pair.key));
    const gone = source.lines.slice(first, source.lastLine(pair.value) + 1);
    const comments = gone.filter((line) => line.trimStart().startsWith('#'));
    return spliced(source.lines, first, gone.length, comments);
  }
  const text = source.lines.join('\n');
  const index = map.items.findIndex((item) => (item.key as Node) === pair.key);
  const before = map.items[index - 1]?.value as Node | undefined;
  const after = map.items[index + 1]?.key as Node | undefined;
  if (before) return text.slice(0, endOf(before)) + text.slice(endOf(pair.value));
  return after && text.slice(0, startOf(pair.key)) + text.slice(startOf(after));
}
