/** Replaces an argument that is not a known key by the key of the only record it describes. */
import { isObject } from '../../digest.ts';
import { mapAt, valuesAt } from '../../harness/argument-paths.ts';
import type { Json, JsonObject, Vocabulary } from '../../types.ts';
import { type Match, matchRecord } from './match.ts';
import { groundMessage, type Unclear } from './message.ts';
import { ownersIn, type Reading, readDescription } from './read.ts';
import { contextPhrases, type Property, phrasesOf, propertyId, type RecordView, viewOf } from './records.ts';
import { descriptionOf, groundTokens, phraseOf } from './text.ts';
import { plainWordsOf, recordsNamed, recordWished } from './wish.ts';

export interface GroundRequest {
  readonly argument: string;
  /** The property of a record that holds its key. */
  readonly key: string;
  /** A description, a key, or a list of both; a description is text or `{name, options}`. */
  readonly value: Json;
  /** Places of the list's elements, if they were gathered from several. */
  readonly places?: readonly string[] | undefined;
  /** Records for element `i` (0 for a single value); undefined if unknown. */
  from(i: number): unknown;
  /** The record whose values hold where the text is silent; absent if nothing is kept. */
  readonly keep?: ((i: number) => unknown) | undefined;
  /** Text to read if the value says nothing, such as a bare name or an invented key. */
  readonly fallback?: string | undefined;
  /** Values bound by reads: their words count as known. */
  readonly context: readonly unknown[];
  /** Default: neutral. */
  readonly vocabulary?: Vocabulary | undefined;
}

export interface Grounded {
  readonly value: Json;
  readonly rewrites: readonly { readonly what: string; readonly before: Json; readonly after: Json }[];
  /** What to write instead; the call must not continue. */
  readonly message?: string;
}

const NAME = propertyId('name');
type Ask = Extract<Match, { kind: 'ask' }>;

const recordsIn = (value: unknown, key: string): readonly JsonObject[] =>
  Array.isArray(value)
    ? value.filter((item): item is JsonObject => isObject(item) && ['string', 'number'].includes(typeof item[key]))
    : [];

/** What the text means: a key, a question, or null without an opinion. */
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
    phrasesOf(keep === undefined ? views : [...views, keep]),
    request.context.flatMap(contextPhrases),
    (property) => properties.has(property) || property === NAME,
  );
  const ignored = new Set(groundTokens(`${request.argument} ${request.key}`).map((token) => token.text));
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
    const { fallback, key } = request;
    const plain = plainWordsOf(request.vocabulary);
    const wished = recordWished({ text: fallback, keep, records: views, key, properties, owners, plain });
    if (wished !== null) return { key: wished.record[request.key] as Json };
  }
  return { text, match, silent: saysNothing(reading, match, names), views, properties, owners };
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

/** True for a text that mentions nothing, or only another listed thing: the order differs. */
function saysNothing(reading: Reading, match: Ask, names: readonly (string | null)[]): boolean {
  if (reading.unknown.length > 0 || reading.contradicts) return false;
  if (match.reason === 'nothing') return true;
  const misplaced = reading.mentions.every(
    ({ phrase, properties }) => properties.has(NAME) && properties.size === 1 && names.includes(phrase),
  );
  return match.reason === 'none' && reading.mentions.length > 0 && misplaced;
}

/** An element that is not a key and does not describe one record. */
interface Open extends Unclear {
  /** True if it says nothing at all. */
  readonly silent: boolean;
  readonly views: readonly RecordView[];
  readonly properties: ReadonlyMap<string, Property>;
  owners(phrase: string): ReadonlySet<string>;
}

/** Keys stay, descriptions become keys, anything else keeps the argument and gives a message. */
export function groundArgument(request: GroundRequest): Grounded {
  const { argument, key, value } = request;
  const list = Array.isArray(value);
  const elements = (list ? value : [value]) as readonly Json[];
  const places = request.places ?? elements.map((_, i) => (list ? `${argument}[${i}]` : argument));
  const names = elements.map((_, i) => nameOf(request.keep?.(i)));
  const open: Open[] = [];
  let found = elements.map((given, i): Json => {
    const resolved = resolve(isTwice(names, i) ? { ...request, fallback: undefined } : request, i, given, names);
    if (resolved === null) return given;
    if ('key' in resolved) return resolved.key;
    open.push({ what: places[i] as string, ...resolved });
    return given;
  });
  if (open.length > 0) {
    const named = open.length === elements.length ? allNamed(request, open) : null;
    if (named === null) {
      const keeps = request.keep !== undefined;
      return {
        value,
        rewrites: [],
        message: groundMessage(open, { argument, key, keyProperty: propertyId(key), list, keeps }),
      };
    }
    found = [...named];
  }
  const rewrites = found.flatMap((after, i) => {
    const before = elements[i] as Json;
    return after === before ? [] : [{ what: places[i] as string, before, after }];
  });
  return { value: rewrites.length === 0 ? value : list ? found : (found[0] as Json), rewrites };
}

/** Replaces the values at the argument's path together, so that each sees its own `i`. */
export function groundArguments(
  given: JsonObject,
  request: Omit<GroundRequest, 'value'>,
): Omit<Grounded, 'value'> & { readonly arguments: JsonObject } {
  const { argument } = request;
  const found = valuesAt(given, argument).filter(({ value }) => value !== null);
  const [first] = found;
  if (first === undefined) return { arguments: given, rewrites: [] };
  const many = argument.includes('[]');
  const value = many ? found.map((one) => one.value) : first.value;
  const grounded = groundArgument({ ...request, value, ...(many ? { places: found.map(({ place }) => place) } : {}) });
  const { value: after, ...rest } = grounded;
  if (!many) return { ...rest, arguments: mapAt(given, argument, () => after) };
  const left = [...(after as readonly Json[])];
  return { ...rest, arguments: mapAt(given, argument, (was) => (was === null ? was : (left.shift() as Json))) };
}

/** If no element says anything, the records that the request names, if their number is right. */
function allNamed({ keep, fallback, key, vocabulary }: GroundRequest, open: readonly Open[]): readonly Json[] | null {
  const [first] = open;
  if (first === undefined || keep !== undefined || fallback === undefined || !open.every(({ silent }) => silent))
    return null;
  const { views: records, properties, owners } = first;
  const plain = plainWordsOf(vocabulary);
  const named = recordsNamed({ text: fallback, records, key, properties, owners, plain, count: open.length });
  return named?.map((view) => view.record[key] as Json) ?? null;
}
