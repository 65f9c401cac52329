/** Replaces an argument that is no known key by the key of the one record that it describes. */
import { isObject } from '../digest.ts';
import type { Json, JsonObject } from '../types.ts';
import { type Match, matchRecord } from './ground-match.ts';
import { groundMessage, type Unclear } from './ground-message.ts';
import { ownersIn, type Reading, readDescription } from './ground-read.ts';
import {
  contextVocabulary,
  type Property,
  propertyId,
  type RecordView,
  viewOf,
  vocabularyOf,
} from './ground-records.ts';
import { descriptionOf, phraseOf, tokensOf } from './ground-text.ts';
import { recordWished } from './ground-wish.ts';

export interface GroundRequest {
  readonly argument: string;
  /** The property of a record that holds its key. */
  readonly key: string;
  /** A description, a key, or a list of both; a description is text or an object such as `{name, options}`. */
  readonly value: Json;
  /** Records for element `i` (0 for a single value); undefined when they are not known. */
  from(i: number): unknown;
  /** The record whose values hold where the text is silent; absent when nothing is kept. */
  readonly keep?: ((i: number) => unknown) | undefined;
  /** Text that is read where the value says nothing of what is kept, such as a bare name or an invented key; absent when there is none. */
  readonly fallback?: string | undefined;
  /** Values bound by reads: their words are known words. */
  readonly context: readonly unknown[];
}

export interface Grounded {
  readonly value: Json;
  readonly rewrites: readonly { readonly what: string; readonly before: Json; readonly after: Json }[];
  /** What to write instead; the call must not go on. */
  readonly message?: string;
}

const NAME = propertyId('name');
type Ask = Extract<Match, { kind: 'ask' }>;

const recordsIn = (value: unknown, key: string): readonly JsonObject[] =>
  Array.isArray(value)
    ? value.filter((item): item is JsonObject => isObject(item) && ['string', 'number'].includes(typeof item[key]))
    : [];

/** What the text means: a key, a question, or null when there is no opinion. */
function resolve(request: GroundRequest, i: number, given: Json, names: readonly (string | null)[]) {
  if (given === null || typeof given === 'boolean' || Array.isArray(given)) return null;
  const records = recordsIn(request.from(i), request.key);
  if (records.length === 0) return null;
  if (records.some((record) => record[request.key] === given)) return null;
  const spelled = records.find((record) => String(record[request.key]) === String(given).trim());
  if (spelled !== undefined) return { key: spelled[request.key] as Json };
  const kept = request.keep?.(i);
  if (request.keep !== undefined && !isObject(kept)) return null;
  const keep = isObject(kept) ? viewOf(kept) : undefined;
  const text = descriptionOf(given) ?? '';

  const views = records.map(viewOf);
  const properties = propertiesOf(keep === undefined ? views : [...views, keep]);
  const owners = ownersIn(
    vocabularyOf(keep === undefined ? views : [...views, keep]),
    request.context.flatMap(contextVocabulary),
    (property) => properties.has(property) || property === NAME,
  );
  const ignored = new Set(tokensOf(`${request.argument} ${request.key}`).map((token) => token.text));
  const reading = readDescription(text, { owners, properties, ignored });
  const match = matchRecord({
    reading,
    records: views,
    key: request.key,
    keyProperty: propertyId(request.key),
    keep,
  });
  if (match.kind === 'record') return { key: match.view.record[request.key] as Json };
  if (saysNothing(reading, match, names) && keep !== undefined && request.fallback !== undefined) {
    const wished = recordWished({ text: request.fallback, keep, records: views, key: request.key, properties, owners });
    if (wished !== null) return { key: wished.record[request.key] as Json };
  }
  return { text, match };
}

function propertiesOf(views: readonly RecordView[]): ReadonlyMap<string, Property> {
  const properties = new Map<string, Property>();
  for (const view of views)
    for (const [id, property] of view.properties) if (!properties.has(id)) properties.set(id, property);
  return properties;
}

const nameOf = (thing: unknown): string | null =>
  isObject(thing) && typeof thing.name === 'string' ? phraseOf(thing.name) : null;

/** A passage about a name that two kept things share may mean either. */
const isTwice = (names: readonly (string | null)[], i: number): boolean =>
  names[i] !== null && names.indexOf(names[i] as string) !== names.lastIndexOf(names[i] as string);

/** A text that mentions nothing, or only the name of another thing of the list: then the list is in another order. */
function saysNothing(reading: Reading, match: Ask, names: readonly (string | null)[]): boolean {
  if (reading.unknown.length > 0 || reading.contradicts) return false;
  if (match.reason === 'nothing') return true;
  const misplaced = reading.mentions.every(
    ({ phrase, properties }) => properties.has(NAME) && properties.size === 1 && names.includes(phrase),
  );
  return match.reason === 'none' && reading.mentions.length > 0 && misplaced;
}

/** Keys stay, descriptions become keys, anything else leaves the argument as it is and gives a message. */
export function groundArgument(request: GroundRequest): Grounded {
  const list = Array.isArray(request.value);
  const elements = (list ? request.value : [request.value]) as readonly Json[];
  const names = elements.map((_, i) => nameOf(request.keep?.(i)));
  const rewrites: { what: string; before: Json; after: Json }[] = [];
  const unclear: Unclear[] = [];
  let keeps = false;
  const after = elements.map((given, i) => {
    const resolved = resolve(isTwice(names, i) ? { ...request, fallback: undefined } : request, i, given, names);
    if (resolved === null) return given;
    const what = list ? `${request.argument}[${i}]` : request.argument;
    if ('key' in resolved) {
      rewrites.push({ what, before: given, after: resolved.key });
      return resolved.key;
    }
    unclear.push({ what, text: resolved.text, match: resolved.match });
    keeps ||= request.keep !== undefined;
    return given;
  });
  if (unclear.length > 0) {
    const { argument, key, value } = request;
    const message = groundMessage(unclear, { argument, key, keyProperty: propertyId(key), list, keeps });
    return { value, rewrites: [], message };
  }
  return { value: rewrites.length === 0 ? request.value : list ? after : (after[0] as Json), rewrites };
}
