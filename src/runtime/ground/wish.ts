/** Reads what a call left open from the request: the values wanted for the thing that it names. */
import { NEUTRAL, type Vocabulary } from '../../vocabulary.ts';
import { distinct } from './match.ts';
import { type Reading, readDescription } from './read.ts';
import { has, type Property, propertyId, type RecordView } from './records.ts';
import { extendPhrase, groundTextOf, groundTokens, isNegation, MAX_PHRASE_TOKENS, type Token } from './text.ts';

export interface GroundWish {
  /** The whole request. */
  readonly text: string;
  /** The thing as it is: its name finds the passage; its values hold where that is silent. */
  readonly keep: RecordView;
  /** Another thing has the same name: only a passage with all values of `keep` is about it. */
  readonly twice?: boolean;
  readonly records: readonly RecordView[];
  /** Property that holds the key. */
  readonly key: string;
  readonly properties: ReadonlyMap<string, Property>;
  owners(phrase: string): ReadonlySet<string>;
  /** Owners among the properties of all things that were read. */
  anyOwners(phrase: string): ReadonlySet<string>;
  /** Words that change nothing about the wish. */
  readonly plain: ReadonlySet<string>;
}

const NAME = propertyId('name');
/** Ids describe nothing and would count as unknown words. */
const ID = /[#\p{L}\d_-]*\d{6,}[\p{L}\d_-]*/gu;
const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
/** Words that do not change a wish. Any other unknown word is a reason to ask. */
const PLAIN = words(
  'swap switch modify replace update send back get make take rather prefer d ll via so please note left who',
);
const plainWords = new WeakMap<Vocabulary, ReadonlySet<string>>();

/** The plain words of a domain and of the language. */
export function plainWordsOf(vocabulary: Vocabulary = NEUTRAL): ReadonlySet<string> {
  let known = plainWords.get(vocabulary);
  if (known === undefined) {
    known = new Set([...PLAIN, ...vocabulary.plainWords, vocabulary.user]);
    plainWords.set(vocabulary, known);
  }
  return known;
}
/** A sentence with one of these may mean the opposite of its other words. */
const DOUBTFUL = words(
  'when except besides apart than or only hate dislike keep keeping leave stay stays remain dont doesnt didnt wont cant cannot isnt arent wouldnt shouldnt',
);
/** Words that revoke, widen or condition everything that was said, anywhere in the text. */
const SWEEPING = words(
  'if unless otherwise else whether provided assuming actually forget ignore nevermind everything whole entire others rest',
);

const isInsteadOf = (tokens: readonly Token[], at: number): boolean =>
  tokens[at]?.text === 'instead' && tokens[at + 1]?.text === 'of';

const isDoubtful = (tokens: readonly Token[], wish: Pick<GroundWish, 'anyOwners'>): boolean =>
  tokens.some(
    ({ text }, i) =>
      DOUBTFUL.has(text) || (isNegation(text) && !isNamedValue(tokens, i, wish)) || isInsteadOf(tokens, i),
  );

/** True for a value right behind its property's name, which negates nothing: `waterproof: no`. */
function isNamedValue(tokens: readonly Token[], at: number, { anyOwners }: Pick<GroundWish, 'anyOwners'>): boolean {
  const phraseAt = (start: number, end: number) => tokens.slice(start, end).reduce(extendPhrase, '');
  const owners = new Set<string>();
  for (let end = at + 1; end <= Math.min(tokens.length, at + MAX_PHRASE_TOKENS); end++)
    for (const id of anyOwners(phraseAt(at, end))) owners.add(id);
  for (let start = at - 1; owners.size > 0 && start >= Math.max(0, at - MAX_PHRASE_TOKENS); start--)
    if (owners.has(phraseAt(start, at))) return true;
  return false;
}

/** Sentences without ids; none if something sweeping is said. */
function sentencesOf(text: string): readonly string[] {
  const sentences = text.replace(ID, ' ').split(/\n|[.!?](?=\s|$)/);
  return sentences.some((sentence) => groundTokens(sentence).some((token) => SWEEPING.has(token.text)))
    ? []
    : sentences;
}

const CONJUNCTIONS = new Set(['and', 'then', 'also']);

/**
 * The only record that differs from `keep` in exactly what the sentence about it says. Null, so
 * that the model is asked, if the thing is named twice or never, without a new value, for two
 * values of one property, unknown values or words, a condition, a negation, or a comparison.
 */
export function recordWished(wish: GroundWish): RecordView | null {
  const name = [...(wish.keep.properties.get(NAME)?.values.keys() ?? [])][0];
  const passages = name === undefined ? [] : passagesAbout(name, wish);
  const own = wish.twice || passages.length > 1 ? passages.filter((one) => tells(one, wish.keep, wish)) : passages;
  const [passage, ...others] = own;
  if (passage === undefined || others.length > 0) return null;
  const wished = new Map<string, string>();
  for (const part of passage) {
    const reading = readDescription(part, { ...wish, ignored: wish.plain });
    const news = reading.mentions.filter(
      ({ phrase, properties }) => ![...properties].some((id) => has(wish.keep, id, phrase)),
    );
    for (const { phrase, properties } of news) {
      const [id, ...others] = [...properties].filter((one) => wish.properties.get(one)?.group === 'nested');
      if (id === undefined) continue;
      const unsure = reading.contradicts || reading.unknown.length > 0 || others.length > 0;
      if (unsure || (wished.get(id) ?? phrase) !== phrase) return null;
      wished.set(id, phrase);
    }
  }
  if (wished.size === 0) return null;
  const fitting = wish.records.filter((view) =>
    [...view.properties.values()].every(({ id, group, values }) => {
      if (group !== 'nested') return true;
      const phrase = wished.get(id);
      if (phrase !== undefined) return values.has(phrase);
      const kept = wish.keep.properties.get(id);
      return kept === undefined || [...values.keys()].every((value) => kept.values.has(value));
    }),
  );
  const complete = fitting.filter((view) => [...wished.keys()].every((id) => view.properties.has(id)));
  const [only, ...more] = distinct(complete, wish.key);
  return only !== undefined && more.length === 0 ? only : null;
}

/**
 * True if the request does not go with the record: a sentence about the thing, or about nothing
 * that has a name, wants a value that neither of them has, or speaks of it in doubt. `said`: what
 * the call says, whose properties are settled; null if the sentences led to the record.
 */
export function isDenied(
  record: RecordView,
  said: Pick<Reading, 'mentions'> | null,
  wish: Omit<GroundWish, 'records' | 'key'>,
): boolean {
  const settled = new Set(said?.mentions.flatMap(({ properties }) => [...properties]));
  const names = wish.keep.properties.get(NAME)?.values ?? new Map();
  return wish.text
    .replace(ID, ' ')
    .split(/\n|;|[.!?](?=\s|$)/)
    .some((sentence) => {
      const tokens = groundTokens(sentence);
      const spans = nameSpans(tokens, (phrase) => names.has(phrase) || wish.owners(phrase).has(NAME));
      const about = spans.some(({ phrase }) => names.has(phrase));
      if (spans.length > 0 && (said === null || !about)) return false;
      const { mentions } = readDescription(sentence, { ...wish, ignored: wish.plain });
      const nested = mentions.filter(({ properties }) =>
        [...properties].every((id) => wish.properties.get(id)?.group === 'nested'),
      );
      const replaced = tokens.findIndex((_, i) => isInsteadOf(tokens, i));
      const doubted = about && replaced !== -1 ? tokens.toSpliced(replaced, 2) : tokens;
      if (nested.length > 0 && isDoubtful(doubted, wish)) return true;
      return nested.some(({ phrase, properties }) =>
        [...properties].every((id) => !settled.has(id) && !has(record, id, phrase) && !has(wish.keep, id, phrase)),
      );
    });
}

interface NameSpan {
  readonly start: number;
  readonly end: number;
  readonly phrase: string;
}

/**
 * The records that the request names, in its order; null unless they are exactly `count`, their
 * names differ, and their sentences say nothing else that could matter. Names of other things that
 * `owners` knows are skipped, so that "Lamp" is not found in "Lamp Shade".
 */
export function recordsNamed(
  wish: Omit<GroundWish, 'keep'> & { readonly count: number },
): readonly RecordView[] | null {
  const byName = new Map<string, RecordView[]>();
  for (const view of distinct(wish.records, wish.key))
    for (const phrase of view.properties.get(NAME)?.values.keys() ?? [])
      byName.set(phrase, [...(byName.get(phrase) ?? []), view]);
  const named = new Set<RecordView>();
  for (const sentence of sentencesOf(wish.text)) {
    const tokens = groundTokens(sentence);
    const spans = nameSpans(tokens, (phrase) => byName.has(phrase) || wish.owners(phrase).has(NAME));
    const views = spans.map(({ phrase, end }, i) => {
      const all = byName.get(phrase) ?? [];
      const passage = groundTextOf(tokens.slice(end, spans[i + 1]?.start));
      return all.length < 2 ? all : all.filter((view) => tells([passage], view, wish));
    });
    const about = spans.flatMap(({ phrase }, i) => (byName.has(phrase) ? [views[i] as RecordView[]] : []));
    if (about.length === 0) continue;
    const { unknown, contradicts } = readDescription(sentence, { ...wish, ignored: wish.plain });
    if (isDoubtful(tokens, wish) || contradicts || unknown.length > 0) return null;
    if (about.some(({ length }) => length !== 1)) return null;
    for (const [view] of about) named.add(view as RecordView);
  }
  return named.size === wish.count ? [...named] : null;
}

/** True if the passage mentions every nested value of the thing. */
function tells(passage: readonly string[], thing: RecordView, wish: Omit<GroundWish, 'keep'>): boolean {
  const mentions = passage.flatMap((part) => readDescription(part, { ...wish, ignored: wish.plain }).mentions);
  const nested = [...thing.properties.values()].filter(({ group }) => group === 'nested');
  const told = nested.every(({ id }) =>
    mentions.some(({ phrase, properties }) => properties.has(id) && has(thing, id, phrase)),
  );
  return nested.length > 0 && told;
}

/**
 * What each mention of the thing says about it, from its name to the next one, cut at semicolons;
 * words right before the next name belong to that. Empty if a sentence about it is doubtful.
 */
function passagesAbout(name: string, wish: GroundWish): string[][] {
  const { text, owners } = wish;
  const passages: string[][] = [];
  for (const sentence of sentencesOf(text)) {
    let about = false;
    for (const part of sentence.split(';')) {
      const tokens = groundTokens(part);
      let start = 0;
      for (const span of nameSpans(tokens, (phrase) => phrase === name || owners(phrase).has(NAME))) {
        if (about) passages.at(-1)?.push(groundTextOf(tokens.slice(start, beforeName(tokens, start, span.start))));
        about = span.phrase === name;
        start = span.end;
        if (!about) continue;
        if (isDoubtful(groundTokens(sentence), wish)) return [];
        passages.push([]);
      }
      if (about) passages.at(-1)?.push(groundTextOf(tokens.slice(start)));
    }
  }
  return passages;
}

/** Start of the words that lead to a name: after the last comma, quote or "and" before it. */
function beforeName(tokens: readonly Token[], start: number, name: number): number {
  let end = name;
  while (end > start && joins(tokens[end]) && !CONJUNCTIONS.has(tokens[end - 1]?.text ?? '')) end -= 1;
  return end;
}

const joins = (token: Token | undefined): boolean => token?.gap === 'soft' || token?.gap === 'glued';

/** Names from left to right, the longest at each place. */
function nameSpans(tokens: readonly Token[], isName: (phrase: string) => boolean): NameSpan[] {
  const spans: NameSpan[] = [];
  for (let start = 0; start < tokens.length; start++) {
    let phrase = '';
    let found: NameSpan | null = null;
    for (let end = start + 1; end <= tokens.length && end - start <= MAX_PHRASE_TOKENS; end++) {
      phrase = extendPhrase(phrase, tokens[end - 1] as Token);
      if (isName(phrase)) found = { start, end, phrase };
    }
    if (found === null) continue;
    spans.push(found);
    start = found.end - 1;
  }
  return spans;
}
