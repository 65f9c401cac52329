/** Records as properties with phrases, read once per record. */
import { isObject } from '../../digest.ts';
import type { Json, JsonObject } from '../../types.ts';
import { isWeakWord, phraseOf } from './text.ts';

/**
 * name: what the thing is called; nested: in an object such as `options`; listed: in a list; id: a
 * key; text, number, boolean: the record's own properties.
 */
export type Group = 'name' | 'nested' | 'text' | 'number' | 'boolean' | 'id' | 'listed';

export interface Property {
  /** Phrase of its name; properties of equal name are one. */
  readonly id: string;
  readonly label: string;
  readonly group: Group;
  /** Phrase -> the value as written. */
  readonly values: ReadonlyMap<string, string>;
}

export interface RecordView {
  readonly record: JsonObject;
  readonly properties: ReadonlyMap<string, Property>;
}

type Scalar = string | number | boolean;
const isScalar = (value: Json): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value);

const phrases = new Map<string, string>();
/** `phraseOf` with a memory: property names and values repeat in every record. */
function knownPhrase(text: string): string {
  let phrase = phrases.get(text);
  if (phrase === undefined) {
    phrase = phraseOf(text);
    if (phrases.size > 20_000) phrases.clear();
    phrases.set(text, phrase);
  }
  return phrase;
}

/** The phrase that names a property. */
export const propertyId = (label: string): string => knownPhrase(label);

const isIdName = (label: string): boolean => /(?:^|[_\s-])ids?$/i.test(label) || /[a-z]Ids?$/.test(label);

function groupOf(label: string, value: Scalar, where: 'top' | 'nested' | 'listed'): Group {
  if (isIdName(label)) return 'id';
  if (where === 'listed') return 'listed';
  if (where === 'nested') return 'nested';
  if (/^(?:name|title)$/i.test(label)) return 'name';
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
}

const views = new WeakMap<JsonObject, RecordView>();

export function viewOf(record: JsonObject): RecordView {
  const known = views.get(record);
  if (known) return known;
  const properties = new Map<string, { id: string; label: string; group: Group; values: Map<string, string> }>();
  const add = (label: string, value: Scalar, where: 'top' | 'nested' | 'listed') => {
    const id = propertyId(label);
    const phrase = knownPhrase(String(value));
    if (id === '' || phrase === '') return;
    const property = properties.get(id);
    if (property) property.values.set(phrase, String(value));
    else {
      const values = new Map([[phrase, String(value)]]);
      properties.set(id, { id, label, group: groupOf(label, value, where), values });
    }
  };
  const walk = (object: JsonObject, where: 'top' | 'nested' | 'listed', depth: number) => {
    for (const label in object) {
      const value = object[label] as Json;
      if (isScalar(value)) add(label, value, where);
      else if (depth === 0 || value === null) continue;
      else if (Array.isArray(value)) {
        for (const item of value as readonly Json[]) {
          if (isScalar(item)) add(label, item, 'listed');
          else if (isObject(item)) walk(item, 'listed', depth - 1);
        }
      } else if (isObject(value)) walk(value, where === 'listed' ? 'listed' : 'nested', depth - 1);
    }
  };
  walk(record, 'top', 3);
  const view: RecordView = { record, properties };
  views.set(record, view);
  return view;
}

export const has = (view: RecordView | undefined, property: string, phrase: string): boolean =>
  view?.properties.get(property)?.values.has(phrase) ?? false;

/** Phrase -> properties that have it as a value. */
export type PhraseOwners = ReadonlyMap<string, ReadonlySet<string>>;

function addView(phrases: Map<string, Set<string>>, view: RecordView): void {
  for (const { id, values } of view.properties.values()) {
    for (const phrase of values.keys()) {
      const owners = phrases.get(phrase);
      if (owners) owners.add(id);
      else phrases.set(phrase, new Set([id]));
    }
  }
}

export function phrasesOf(all: readonly RecordView[]): PhraseOwners {
  const phrases = new Map<string, Set<string>>();
  for (const view of all) addView(phrases, view);
  return phrases;
}

const contexts = new WeakMap<object, PhraseOwners>();

/**
 * The words of a bound read at any depth: they show that "oak" is a material even if no record has
 * it. Lists are read per element.
 */
export function contextPhrases(value: unknown): readonly PhraseOwners[] {
  if (Array.isArray(value)) return value.flatMap(contextPhrases);
  if (!isObject(value)) return [];
  let known = contexts.get(value);
  if (known === undefined) {
    known = phrasesOf([viewOf(value)]);
    contexts.set(value, known);
  }
  return [known];
}

/**
 * True if the value means nothing without its property's name: a bare count, a flag, a short id, or
 * a word such as "no" (unless it stands `alone` in a list of values).
 */
export function isWeak(property: Property | undefined, phrase: string, alone: boolean): boolean {
  if (isWeakWord(phrase) && !alone) return true;
  if (property === undefined) return false;
  if (property.group === 'id') return phrase.length < 4 || !/\d/.test(phrase);
  return property.group === 'boolean' || (property.group === 'number' && !phrase.includes('.'));
}
