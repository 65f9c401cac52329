/** Canonical text of the documents: defaults left out, one item a block, long prose folded. */
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
import {
  Clause,
  type Contract,
  clauseDefaults,
  Format,
  HarnessSettings,
  Monitor,
  type Regulation,
  type Skill,
} from './schema.ts';

/** Longest line that stays in one piece, characters. */
const lineWidth = 100;

const yamlStyle = { lineWidth, flowCollectionPadding: false, indentSeq: true } as const;

type Plain = { readonly [key: string]: unknown };

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The entries that differ from the defaults, in the order of the schema; inner objects likewise.
 */
function withoutDefaults(value: Plain, defaults: Plain): Plain {
  const entries = Object.entries(value).flatMap(([key, entry]): [string, unknown][] => {
    if (entry === undefined) return [];
    const usual = defaults[key];
    if (key in defaults && canonicalJson(entry) === canonicalJson(usual)) return [];
    return [[key, isPlain(entry) && isPlain(usual) ? withoutDefaults(entry, usual) : entry]];
  });
  return Object.fromEntries(entries);
}

/** What the schemas fill in by themselves. */
const monitorDefaults: Plain = Monitor.omit({ id: true, kind: true, message: true }).parse({});
const settingsDefaults: Plain = HarnessSettings.omit({ version: true }).parse({});

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

/** Characters of a value on one line; candidates share most of their parts. */
function widthOf(value: unknown): number {
  const key = JSON.stringify(value);
  const known = widths.get(key);
  if (known !== undefined) return known;
  const width = stringify(value, { ...yamlStyle, collectionStyle: 'flow', lineWidth: 0 }).trimEnd().length;
  if (widths.size >= 10_000) widths.clear();
  widths.set(key, width);
  return width;
}

/** True if a comment or an empty line stands inside a collection, which one line cannot hold. */
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

/**
 * Collections that fit on a line are written on one, below the given number of levels that always
 * get their own.
 */
function layOut(node: unknown, ownLines: number, indent: number): void {
  // A folded text that begins with a space would be read back with a line end.
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
      // A list of steps is read from top to bottom, one step a line.
      const levels = String(key) === 'prepare' ? 2 : ownLines - 1;
      layOut(value, levels, indent + String(key).length + 2);
    }
  }
}

/** Levels of collections below a list of items that always get lines of their own. */
const lists: Readonly<Record<string, number>> = { clauses: 2, formats: 1, monitors: 2 };

/**
 * The canonical text of a document: comments, the order of keys and single empty lines stay; ''
 * where nothing is left.
 */
export function documentText(doc: Document): string {
  if (!isMap(doc.contents)) return doc.toString(yamlStyle);
  for (const { key, value } of doc.contents.items) layOut(value, lists[String(key)] ?? 1, 0);
  // What stands below a key is as wide as any other text, and stands two columns in.
  const text = doc.toString({ ...yamlStyle, lineWidth: lineWidth + 2 });
  return doc.contents.items.length > 0 ? text : text.replace(/\n?\{\}\n$/, '');
}

/** A document of the entries that hold something; '' for none. */
function renderDocument(value: Plain): string {
  const entries = Object.entries(value).filter(([, entry]) => Object.keys(entry as object).length > 0);
  return entries.length === 0
    ? ''
    : documentText(new Document(Object.fromEntries(entries), { aliasDuplicateObjects: false }));
}

/** contract.yaml; '' for an empty contract, which parses to the same. */
export const renderContract = ({ clauses, aliases, formats }: Contract): string =>
  renderDocument({ clauses: clauses.map(clauseEntries), aliases, formats: formats.map(formatEntries) });

/** regulation.yaml; '' when there are no monitors. */
export const renderRegulation = ({ monitors }: Regulation): string =>
  renderDocument({ monitors: monitors.map(monitorEntries) });

/** harness.yaml */
export const renderSettings = (settings: HarnessSettings): string =>
  documentText(new Document(withoutDefaults(settings, settingsDefaults)));

/** A SKILL.md: front matter, a blank line, the body. */
export function renderSkill(skill: Skill): string {
  const { name, description, metadata } = skill;
  const head = new Document(Object.keys(metadata).length > 0 ? { name, description, metadata } : { name, description });
  layOut(head.contents, 2, 0);
  return `---\n${head.toString(yamlStyle)}---\n\n${skill.body}\n`;
}
