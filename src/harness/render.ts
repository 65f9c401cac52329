/** Canonical text of the documents: defaults left out, one item a block, long prose folded. */
import { Document, isCollection, isMap, isSeq, parseDocument, Scalar, stringify, type YAMLMap } from 'yaml';
import { canonicalJson } from '../digest.ts';
import { Clause, type Contract, Format, HarnessSettings, Monitor, type Regulation, type Skill } from './schema.ts';

/** Longest line that stays in one piece, characters. */
const lineWidth = 100;

export const yamlStyle = { lineWidth, flowCollectionPadding: false, indentSeq: true } as const;

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
const clauseDefaults: Plain = (() => {
  const { id: _, tools: __, ...defaults } = Clause.parse({ id: 'x', tools: ['x'] });
  return defaults;
})();
const monitorDefaults: Plain = (() => {
  const { id: _, kind: __, message: ___, ...defaults } = Monitor.parse({ id: 'x', kind: 'text_only', message: 'x' });
  return defaults;
})();
const settingsDefaults: Plain = (() => {
  const { version: _, ...defaults } = HarnessSettings.parse({ version: 1 });
  return defaults;
})();

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

const flow = (value: unknown): string =>
  stringify(value, { ...yamlStyle, collectionStyle: 'flow', lineWidth: 0 }).trimEnd();

/**
 * Collections that fit on a line are written on one, below the given number of levels that always
 * get their own.
 */
function layOut(node: unknown, ownLines: number, indent: number): void {
  if (!isCollection(node)) {
    if (node instanceof Scalar && typeof node.value === 'string' && node.value.length > lineWidth - indent) {
      node.type = node.value.includes('\n') ? Scalar.BLOCK_LITERAL : Scalar.BLOCK_FOLDED;
    }
    return;
  }
  if (node.items.length === 0 || (ownLines <= 0 && flow(node.toJSON()).length <= lineWidth - indent)) {
    node.flow = true;
    return;
  }
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

/** A value as YAML; `ownLines` = levels of collections that are never written in one line. */
export function renderYaml(value: unknown, ownLines: number): string {
  const doc = new Document(value, { aliasDuplicateObjects: false });
  layOut(doc.contents, ownLines, 0);
  return doc.toString(yamlStyle);
}

/**
 * One item of a list with its dash, at indentation 0; what the level below the item gets is up to
 * `kind`.
 */
export function renderItem(kind: 'clause' | 'format' | 'monitor', entries: Plain): string {
  return renderYaml([entries], kind === 'format' ? 1 : 2);
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');
const section = (key: string, items: readonly string[]): string =>
  items.length === 0 ? '' : `${key}:\n${items.map(indented).join('')}`;

/** contract.yaml; '' for an empty contract, which parses to the same. */
export function renderContract(contract: Contract): string {
  const aliases = Object.keys(contract.aliases).length === 0 ? '' : renderYaml({ aliases: contract.aliases }, 2);
  return [
    section(
      'clauses',
      contract.clauses.map((clause) => renderItem('clause', clauseEntries(clause))),
    ),
    aliases,
    section(
      'formats',
      contract.formats.map((format) => renderItem('format', formatEntries(format))),
    ),
  ].join('');
}

/** regulation.yaml; '' when there are no monitors. */
export const renderRegulation = (regulation: Regulation): string =>
  section(
    'monitors',
    regulation.monitors.map((monitor) => renderItem('monitor', monitorEntries(monitor))),
  );

/** harness.yaml */
export const renderSettings = (settings: HarnessSettings): string =>
  renderYaml(withoutDefaults(settings, settingsDefaults), 2);

/** A SKILL.md: front matter, a blank line, the body. */
export function renderSkill(skill: Skill): string {
  const { name, description, metadata } = skill;
  const head = Object.keys(metadata).length > 0 ? { name, description, metadata } : { name, description };
  return `---\n${renderYaml(head, 2)}---\n\n${skill.body}\n`;
}

/**
 * Changes a YAML text through its document: comments and key order stay, lines that were folded
 * otherwise may be laid out afresh. `mutate` may use every method of the `yaml` Document. Throws
 * what the parser or `mutate` throws.
 */
export function editYaml(text: string, mutate: (doc: Document) => void): string {
  const doc: Document = parseDocument(text);
  if (doc.errors[0]) throw doc.errors[0];
  mutate(doc);
  if (isMap(doc.contents) && doc.contents.items.length === 0) return '';
  return doc.toString(yamlStyle);
}
