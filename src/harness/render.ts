/** Canonical text of the documents: defaults left out, one item per block, long prose folded. */
import {
  Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Scalar,
  stringify,
  visit,
  type YAMLMap,
} from 'yaml';
import { canonicalJson } from '../digest.ts';
import { Clause, clauseDefaults, Format, Monitor, type Skill } from './schema.ts';

/** Longest line that is not broken, in characters. */
const lineWidth = 100;

const yamlStyle = { lineWidth, flowCollectionPadding: false, indentSeq: true } as const;

type Plain = { readonly [key: string]: unknown };

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The entries that differ from the defaults, in schema order, also inside objects. */
export function withoutDefaults(value: Plain, defaults: Plain): Plain {
  const entries = Object.entries(value).flatMap(([key, entry]): [string, unknown][] => {
    if (entry === undefined) return [];
    const usual = defaults[key];
    if (key in defaults && canonicalJson(entry) === canonicalJson(usual)) return [];
    return [[key, isPlain(entry) && isPlain(usual) ? withoutDefaults(entry, usual) : entry]];
  });
  return Object.fromEntries(entries);
}

const monitorDefaults: Plain = Monitor.omit({ id: true, kind: true, message: true }).parse({});

/** A clause as it is written: keys in schema order, defaults left out. */
export function clauseEntries(clause: Clause): Plain {
  const prepare = clause.prepare.map((step) => {
    if (!('read' in step) || Object.keys(step.read.with).length > 0) return step;
    const { with: _, ...read } = step.read;
    return { read };
  });
  return withoutDefaults({ ...Clause.parse(clause), prepare }, clauseDefaults);
}

/** A format as it is written. */
export const formatEntries = (format: Format): Plain => withoutDefaults(Format.parse(format), {});

/** A monitor as it is written. */
export const monitorEntries = (monitor: Monitor): Plain => withoutDefaults(Monitor.parse(monitor), monitorDefaults);

const widths = new Map<string, number>();

/** Characters of a value on one line, cached: candidates share most of their parts. */
function widthOf(value: unknown): number {
  const key = JSON.stringify(value);
  const known = widths.get(key);
  if (known !== undefined) return known;
  const width = stringify(value, { ...yamlStyle, collectionStyle: 'flow', lineWidth: 0 }).trimEnd().length;
  if (widths.size >= 10_000) widths.clear();
  widths.set(key, width);
  return width;
}

/** True if a comment or an empty line stands inside a collection; one line cannot hold it. */
function isAnnotated(collection: Node): boolean {
  let found = false;
  visit(collection, {
    Node(_, node) {
      if (node === collection) return undefined;
      found ||= Boolean(node.comment ?? node.commentBefore) || node.spaceBefore === true;
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}

/** Writes a collection on one line if it fits, except for the first `ownLines` levels. */
function layOut(node: unknown, ownLines: number, indent: number): void {
  // YAML reads a folded text that begins with a space back with a line end.
  if (isScalar<string>(node) && String(node.value).length > lineWidth - indent && !/^\s/.test(node.value))
    node.type = node.value.includes('\n') ? Scalar.BLOCK_LITERAL : Scalar.BLOCK_FOLDED;
  if (!isCollection(node)) return;
  node.flow =
    node.items.length === 0 || (ownLines <= 0 && !isAnnotated(node) && widthOf(node.toJSON()) <= lineWidth - indent);
  if (node.flow) return;
  for (const item of node.items) {
    if (isSeq(node)) layOut(item, ownLines - 1, indent + 2);
    else {
      const { key, value } = item as YAMLMap['items'][number];
      // A list of steps reads from top to bottom, one step per line.
      const levels = String(key) === 'prepare' ? 2 : ownLines - 1;
      layOut(value, levels, indent + String(key).length + 2);
    }
  }
}

/** Levels of collections below a list of items that always get their own lines. */
const lists: Readonly<Record<string, number>> = { clauses: 2, formats: 1, monitors: 2 };

/** Canonical text of a document; comments, key order and single empty lines stay. '' if empty. */
export function documentText(doc: Document): string {
  if (!isMap(doc.contents)) return doc.toString(yamlStyle);
  for (const { key, value } of doc.contents.items) layOut(value, lists[String(key)] ?? 1, 0);
  // Text below a key is as wide as any other and is indented by two columns.
  const text = doc.toString({ ...yamlStyle, lineWidth: lineWidth + 2 });
  return doc.contents.items.length > 0 ? text : text.replace(/\n?\{\}\n$/, '');
}

/** A SKILL.md: front matter, a blank line, the body. */
export function renderSkill(skill: Skill): string {
  const { name, description, metadata } = skill;
  const head = new Document(Object.keys(metadata).length > 0 ? { name, description, metadata } : { name, description });
  layOut(head.contents, 2, 0);
  return `---\n${head.toString(yamlStyle)}---\n\n${skill.body}\n`;
}
