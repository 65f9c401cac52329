/** Changes a YAML text by its lines, so that an edit's diff shows the edit and nothing else. */
import { type Document, isCollection, isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { canonicalJson } from '../digest.ts';
import { editYaml } from '../harness/render.ts';
import { EditError } from './error.ts';

/** A parsed text and its lines; never changed. */
export interface YamlLines {
  readonly doc: Document;
  readonly lines: readonly string[];
  /** Index of the line that holds an offset. */
  lineAt(offset: number): number;
  /** Index of the last line of a node that is not blank. */
  lastLine(node: Node): number;
}

/**
 * One change, said three times: quickly on the lines, safely on the document, and as the value it
 * must lead to.
 */
export interface YamlChange {
  /** The new text; undefined when the layout is not one that lines can be cut from. */
  splice(source: YamlLines): string | undefined;
  edit(doc: Document): void;
  /** Changes the value in place; lists and maps that become empty may stay. */
  mutate(value: Record<string, unknown>): void;
}

const startOf = (node: Node): number => node.range?.[0] ?? 0;
const endOf = (node: Node): number => node.range?.[1] ?? 0;

function parse(text: string): YamlLines {
  const counter = new LineCounter();
  const doc = parseDocument(text, { lineCounter: counter, logLevel: 'error' });
  const fault = doc.errors[0];
  if (fault) throw new EditError('invalid', `expected valid YAML, found ${fault.message.split('\n')[0]}`);
  const lineAt = (offset: number) => counter.linePos(offset).line - 1;
  return {
    doc,
    lines: text.split('\n'),
    lineAt,
    lastLine(node) {
      const content = text.slice(startOf(node), endOf(node)).trimEnd();
      return lineAt(startOf(node) + Math.max(0, content.length - 1));
    },
  };
}

// A chain of edits parses each text once: the result of one change is the source of the next.
const parsed = new Map<string, YamlLines>();
function parseOnce(text: string): YamlLines {
  const known = parsed.get(text);
  if (known) return known;
  const fresh = parse(text);
  if (parsed.size >= 32) parsed.clear();
  parsed.set(text, fresh);
  return fresh;
}

/**
 * The value of a text; {} when it is empty. Throws EditError `invalid` for bad YAML or a document
 * that is no map.
 */
export function yamlValue(text: string): Record<string, unknown> {
  const { doc } = parseOnce(text);
  if (doc.contents === null) return {};
  if (!isMap(doc.contents)) throw new EditError('invalid', 'expected a YAML map at the top, found something else');
  return doc.toJS() as Record<string, unknown>;
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);

/**
 * Canonical JSON with empty lists, maps and nulls left out, since those mean the same as nothing
 * here.
 */
function meaning(value: Readonly<Record<string, unknown>>): string {
  return canonicalJson(Object.fromEntries(Object.entries(value).filter(([, entry]) => !isEmpty(entry))));
}

function meansThis(text: string, wanted: string): boolean {
  try {
    return meaning(yamlValue(text)) === wanted;
  } catch {
    return false;
  }
}

/**
 * Applies a change. Text with CRLF line ends keeps them. Throws EditError `invalid` when no way
 * leads to the value.
 */
export function changeYaml(original: string, change: YamlChange): string {
  const crlf = original.includes('\r\n');
  const text = crlf ? original.replaceAll('\r\n', '\n') : original;
  const value = structuredClone(yamlValue(text));
  change.mutate(value);
  const wanted = meaning(value);
  const short = change.splice(parseOnce(text));
  let result = short ?? '';
  if (short === undefined || !meansThis(short, wanted)) {
    result = editYaml(text, change.edit);
    if (!meansThis(result, wanted)) {
      throw new EditError('invalid', 'expected YAML in a plain layout, found one that cannot be edited; reformat it');
    }
  }
  return crlf ? result.replaceAll('\n', '\r\n') : result;
}

/** The lines with `count` of them from `at` replaced. */
export function spliced(lines: readonly string[], at: number, count: number, fresh: readonly string[]): string {
  const all = lines.toSpliced(at, count, ...fresh).join('\n');
  return all.trim() === '' ? '' : all;
}

/** Text as lines at an indentation; no line for the final line end. */
export const linesOf = (text: string, indent: number): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? line : ' '.repeat(indent) + line));

/** The text with lines added at its end. */
export function withLines(source: YamlLines, fresh: readonly string[]): string {
  const { lines } = source;
  const ended = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  return `${[...ended, ...fresh].join('\n')}\n`;
}

/** The key of a pair in a block or flow map. */
export function pairOf(map: unknown, key: string): { readonly key: Node; readonly value: Node | null } | undefined {
  if (!isMap(map)) return undefined;
  return map.items.find((pair) => String(pair.key) === key) as { key: Node; value: Node | null } | undefined;
}

/** Spaces before the first character of a line. */
export const indentOf = (line: string | undefined): number => (line ?? '').search(/\S|$/);

/** True for a list or map that is written with indentation. */
export const isBlock = (node: unknown): boolean =>
  isCollection(node) && node.flow !== true && (isMap(node) || isSeq(node));

export { endOf, startOf };
