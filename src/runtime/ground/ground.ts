/** Replaces an argument that is not a known key by the key of the only record it describes. */
import { isObject } from '../../digest.ts';
import { mapAt, valuesAt } from '../../harness/argument-paths.ts';
import type { Json, JsonObject, Vocabulary } from '../../types.ts';
import { fits, knownIn, type Match, matchRecord } from './match.ts';
import { groundMessage, type Unclear } from './message.ts';
import { ownersIn, type Reading, readDescription } from './read.ts';
import { contextPhrases, type Property, phrasesOf, propertyId, type RecordView, viewOf } from './records.ts';
import { descriptionOf, groundTokens, phraseOf } from './text.ts';
import { isDenied, plainWordsOf, recordsNamed, recordWished } from './wish.ts';

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
  /** What the user asked for: a description that does not go with it is asked about. */
  readonly request?: string | undefined;
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
  const { key, fallback } = request;
  const records = recordsIn(request.from(i), key);
  if (records.length === 0 || records.some((record) => record[key] === given)) return null;
  const spelled = records.find((record) => String(record[key]) === String(given).trim());
  if (spelled !== undefined) return { key: spelled[key] as Json };
  const kept = request.keep?.(i);
  if (request.keep !== undefined && !isObject(kept)) return null;
  const keep = isObject(kept) ? viewOf(kept) : undefined;
  const text = descriptionOf(given) ?? '';

  const views = records.map(viewOf);
  const words = wordsOf(request, keep === undefined ? views : [...views, keep]);
  const ignored = new Set(groundTokens(`${request.argument} ${key}`).map((token) => token.text));
  const reading = readDescription(text, { ...words, ignored });
  const match = matchRecord({ reading, records: views, key, keyProperty: propertyId(key), keep });

  const keyOf = (view: RecordView) => ({ key: view.record[key] as Json });
  const open = (ask: Ask, silent: boolean): Omit<Open, 'what'> => ({ text, match: ask, silent, views, ...words });
  const silent = match.kind === 'ask' && saysNothing(reading, match, names);
  const said = fallback ?? request.request;
  if (said !== undefined && keep !== undefined) {
    const wish = { ...words, text: said, records: views, key, keep, twice: isTwice(names, i) };
    const read = recordWished(wish);
    const wished = read === null || isDenied(read, null, wish) ? null : read;
    const same = match.kind === 'record' && wished?.record[key] === match.view.record[key];
    if (wished !== null && (same || (fallback !== undefined && (silent || agrees(wished, reading, views, keep)))))
      return keyOf(wished);
    if (match.kind === 'record' && (wished !== null || isDenied(match.view, reading, wish)))
      return open({ kind: 'ask', reason: 'unclear', near: wished === null ? views : [match.view, wished] }, false);
  } else if (fallback !== undefined && match.kind === 'ask' && isSharedName(reading, match)) {
    const [one] = recordsNamed({ ...words, text: fallback, records: match.near, key, count: 1 }) ?? [];
    return one === undefined ? open(match, true) : keyOf(one);
  }
  return match.kind === 'record' ? keyOf(match.view) : open(match, silent);
}

/** What the words of a text can mean, by the records and by everything that was read. */
function wordsOf({ context, vocabulary }: GroundRequest, views: readonly RecordView[]) {
  const properties = propertiesOf(views);
  const own = phrasesOf(views);
  const read = context.flatMap(contextPhrases);
  return {
    properties,
    owners: ownersIn(own, read, (property) => properties.has(property) || property === NAME),
    anyOwners: ownersIn(own, read, () => true),
    plain: plainWordsOf(vocabulary),
  };
}

/** True if the record has all that a description says, and that holds no unknown word. */
function agrees(
  view: RecordView,
  { mentions, unknown, contradicts }: Reading,
  all: readonly RecordView[],
  keep: RecordView,
) {
  const known = knownIn(all);
  return !contradicts && unknown.length === 0 && mentions.every((mention) => fits(view, mention, known, keep));
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

/** True for the bare name of several things. */
const isSharedName = (reading: Reading, match: Ask): boolean =>
  match.reason === 'several' &&
  reading.unknown.length === 0 &&
  reading.mentions.every(({ properties }) => properties.has(NAME) && properties.size === 1);

/** An element that is not a key and does not describe one record. */
interface Open extends Unclear, ReturnType<typeof wordsOf> {
  /** True if it says nothing at all. */
  readonly silent: boolean;
  readonly views: readonly RecordView[];
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
    const resolved = resolve(request, i, given, names);
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
function allNamed({ keep, fallback, key }: GroundRequest, open: readonly Open[]): readonly Json[] | null {
  const [first] = open;
  if (first === undefined || keep !== undefined || fallback === undefined || !open.every(({ silent }) => silent))
    return null;
  const named = recordsNamed({ ...first, text: fallback, records: first.views, key, count: open.length });
  return named?.map((view) => view.record[key] as Json) ?? null;
}
