/** YAML text to checked values: a small safe subset; schema faults give file, line and column. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import type { z } from 'zod';
import { UsageError } from '../errors.ts';

/** A parsed document that knows its position in the file. */
export interface YamlSource {
  readonly doc: Document;
  /** Throws UsageError at a node's place; `path` as in the parsed value, [] for the document. */
  fail(path: readonly PropertyKey[], message: string): never;
}

/** Position of the YAML: the file as shown to a person, and the number of lines above it. */
export interface YamlPlace {
  readonly file: string;
  readonly linesAbove?: number;
  /** Keys of texts that no comment may follow; by default a text may be followed by `# comment`. */
  readonly prose?: readonly string[];
}

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype', '<<']);

/**
 * Parses YAML 1.2 (core schema) without tags, anchors, aliases, merge keys, duplicate keys or a
 * second document. Throws UsageError with file, line and column.
 */
export function readYaml(text: string, place: YamlPlace): YamlSource {
  const counter = new LineCounter();
  const failAt = (offset: number, message: string): never => {
    const { line, col } = counter.linePos(offset);
    throw new UsageError(message, { where: `${place.file}:${line + (place.linesAbove ?? 0)}:${col}` });
  };
  const doc = parseSafely(text, counter, place);
  const fault = doc.errors[0] ?? doc.warnings[0];
  if (fault) {
    const reason = fault.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
    failAt(fault.pos[0], `expected valid YAML, found a fault: ${reason}; correct the line`);
  }
  visit(doc, {
    Node(_, node, parents) {
      const at = node.range?.[0] ?? 0;
      const cut = isScalar(node) ? commentBehind(text, node) : undefined;
      if (cut !== undefined && (place.prose?.includes(keyOf(parents.at(-1), node)) ?? /^#\S/.test(cut)))
        failAt(at, `expected the whole text, found a comment that cuts it: ${cut}; put the text in quotes`);
      if (isAlias(node) || node.anchor) failAt(at, 'expected plain values, found an anchor or alias; repeat the value');
      if (node.tag !== undefined && (isScalar(node) || isCollection(node))) {
        failAt(at, `expected plain values, found the tag ${node.tag}; remove it`);
      }
    },
    Pair(_, { key }) {
      const name = isScalar(key) ? String(key.value) : undefined;
      const at = (key as Node | null)?.range?.[0] ?? 0;
      if (name === undefined) failAt(at, 'expected a name as key, found a list or map; correct the key');
      else if (forbiddenKeys.has(name)) failAt(at, `expected an ordinary key, found "${name}"; remove it`);
    },
  });
  return { doc, fail: (path, message) => failAt(offsetOf(doc, path), message) };
}

/** The comment that follows an unquoted text on its line. */
function commentBehind(text: string, { type, value, range }: Scalar): string | undefined {
  if (type !== 'PLAIN' || (typeof value !== 'string' && value !== null)) return undefined;
  return /^[ \t]*(#.*)/.exec(text.slice(range?.[1]))?.[1];
}

/** The key of a value; '' for a key and for an item of a list. */
const keyOf = (parent: unknown, node: Node): string =>
  isPair(parent) && parent.value === node && isScalar(parent.key) ? String(parent.key.value) : '';

function parseSafely(text: string, lineCounter: LineCounter, place: YamlPlace): Document {
  try {
    return parseDocument(text, { lineCounter, version: '1.2', schema: 'core', merge: false, logLevel: 'error' });
  } catch (cause) {
    // The parser ends extreme nesting with a RangeError.
    throw new UsageError('expected valid YAML, found nesting that cannot be parsed; simplify it', {
      where: `${place.file}:1:1`,
      cause,
    });
  }
}

/** Offset of the deepest node on the path; that of the parent if a key is absent. */
function offsetOf(doc: Document, path: readonly PropertyKey[]): number {
  let node: unknown = doc.contents;
  let offset = 0;
  for (const step of path) {
    if (!isCollection(node)) break;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (!isPair(pair)) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else {
      node = node.get(Number(step), true);
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    }
  }
  return offset;
}

type Issue = z.core.$ZodIssue;

/** The intended branch of a union: the one whose keys the value has. */
function meantBranch(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const weight = (issues: readonly Issue[]) =>
    issues.reduce(
      (sum, { code, path }) => sum + (code === 'unrecognized_keys' && path.length === 0 ? 10 : 1) - path.length,
      0,
    );
  const branches = issue.errors.toSorted((a, b) => weight(a) - weight(b));
  const inner = branches[0]?.[0];
  return inner ? meantBranch({ ...inner, path: [...issue.path, ...inner.path] } as Issue) : issue;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

function found(source: YamlSource, path: readonly PropertyKey[]): string {
  const value: unknown = path.length === 0 ? source.doc.toJS() : source.doc.getIn(path);
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(
    value && typeof value === 'object' && 'toJSON' in value ? source.doc.getIn(path, true) : value,
  );
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function describe(source: YamlSource, issue: Issue): { path: readonly PropertyKey[]; message: string } {
  const name = pathText(issue.path) || 'the document';
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    return {
      path: [...issue.path, key],
      message: `${name}: expected only known keys, found "${key}"; correct its name or remove it`,
    };
  }
  const expected = issue.message.replace(/^Invalid (?:input|option): /, '').replace(/, received .*$/, '');
  const wish = /^expected/.test(expected) ? expected : `expected a valid value (${expected})`;
  const value = found(source, issue.path);
  const advice = value === 'nothing' ? 'add it' : 'correct the value';
  return { path: issue.path, message: `${name}: ${wish}, found ${value}; ${advice}` };
}

/** The document as a value of the schema; an empty one counts as `empty`. Throws UsageError. */
export function readAs<T>(schema: z.ZodType<T>, source: YamlSource, empty: unknown): T {
  const value: unknown = source.doc.toJS();
  const result = schema.safeParse(value === null ? empty : value);
  if (result.success) return result.data;
  const [first, ...others] = result.error.issues.map((issue) => describe(source, meantBranch(issue)));
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return source.fail(first?.path ?? [], `${first?.message ?? 'expected a valid document'}${more}`);
}
