/** Changes YAML files as documents: comments stay, in one canonical layout. */
import { type Document, isCollection, isMap, isNode, type Node, parseDocument, YAMLMap } from 'yaml';
import { documentText } from '../harness/render.ts';
import type { HarnessFiles } from '../types.ts';
import { EditError } from './error.ts';

/**
 * The files with one document changed; an absent file is an empty map and an empty map is removed.
 * `change` returns false to change nothing. CRLF stays. Throws EditError `invalid`.
 */
export function editYaml(
  files: HarnessFiles,
  path: string,
  change: (root: YAMLMap, doc: Document) => unknown,
): HarnessFiles {
  const before = files.get(path) ?? '';
  const doc = parseOnce(before.replaceAll('\r\n', '\n')).clone();
  doc.contents ??= new YAMLMap(doc.schema);
  if (!isMap(doc.contents)) throw new EditError('invalid', 'expected a YAML map at the top, found something else');
  if (change(doc.contents, doc) === false) return files;
  const text = documentText(doc);
  const result = new Map(files);
  if (text === '') result.delete(path);
  else result.set(path, before.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text);
  return result;
}

const parsed = new Map<string, Document>();

/** Parsed texts are kept, since most edits are tried on the same one. */
function parseOnce(text: string): Document {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const doc: Document = parseDocument(text, { logLevel: 'error' });
  const fault = doc.errors[0];
  if (fault) throw new EditError('invalid', `expected valid YAML, found ${fault.message.split('\n')[0]}`);
  if (parsed.size >= 32) parsed.clear();
  parsed.set(text, doc);
  return doc;
}

/** The map at a key, created if absent. Throws EditError for another value. */
export function mapAt(doc: Document, map: YAMLMap, key: string): YAMLMap {
  const found = map.get(key, true);
  if (isMap(found)) return found;
  if (!isEmpty(found)) throw new EditError('invalid', `expected a map ${key}, found something else`);
  const fresh = new YAMLMap(doc.schema);
  setNode(doc, map, key, fresh);
  return fresh;
}

/** True for an absent value and for null. */
export const isEmpty = (node: Node | undefined): boolean => node === undefined || node.toJSON() === null;

/** Sets a key to a value, which takes over the comments of the old one. */
export function setNode(doc: Document, map: YAMLMap, key: string, value: unknown): void {
  const old = map.get(key, true);
  const node = isNode(value) ? value : doc.createNode(value, { aliasDuplicateObjects: false });
  if (old !== undefined) Object.assign(node, commentsOf(old));
  if (old === undefined) map.add(doc.createPair(key, node));
  else map.set(key, node);
}

const commentsOf = ({ comment, commentBefore, spaceBefore }: Node) =>
  Object.fromEntries(
    Object.entries({ comment, commentBefore, spaceBefore }).filter(([, value]) => value !== undefined),
  );

/** Deletes an empty list or map, unless it has comments. */
export function deleteEmpty(map: YAMLMap, key: string): void {
  const pair = map.items.find((item) => String(item.key) === key);
  if (!isCollection(pair?.value) || pair.value.items.length > 0) return;
  const commented = [pair.key, pair.value].some((node) => isNode(node) && (node.comment ?? node.commentBefore));
  if (!commented) map.delete(key);
}
