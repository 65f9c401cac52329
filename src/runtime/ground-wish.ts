/** Reads from the request what a call left open: the values wished for the thing that the call names. */
import { distinct } from './ground-match.ts';
import { readDescription } from './ground-read.ts';
import { has, type Property, propertyId, type RecordView } from './ground-records.ts';
import { extendPhrase, isNegation, MAX_PHRASE_TOKENS, type Token, textOf, tokensOf } from './ground-text.ts';

export interface Wish {
  /** The whole request. */
  readonly text: string;
  /** The thing as it is; its name finds the passage, and its values hold where the passage is silent. */
  readonly keep: RecordView;
  readonly records: readonly RecordView[];
  /** Property that holds the key. */
  readonly key: string;
  readonly properties: ReadonlyMap<string, Property>;
  owners(phrase: string): ReadonlySet<string>;
}

const NAME = propertyId('name');
const SENTENCE_END = /[;\n]|[.!?](?=\s|$)/;
/** A wish that hangs on something is not read: what holds cannot be told from the words. */
const CONDITIONS = new Set(['if', 'unless', 'otherwise', 'else', 'when', 'whether']);
const CONJUNCTIONS = new Set(['and', 'then', 'also']);

/**
 * The one record that differs from `keep` in what the passages about it mention, and in nothing else; null when they name no
 * new value, two for one property, a condition, or something that no record has. It never guesses.
 */
export function recordWished(wish: Wish): RecordView | null {
  const name = [...(wish.keep.properties.get(NAME)?.values.keys() ?? [])][0];
  if (name === undefined) return null;
  const wished = new Map<string, string>();
  for (const { text, doubtful } of passagesAbout(name, wish)) {
    const reading = readDescription(text, { ...wish, ignored: new Set() });
    const news = reading.mentions.filter(
      ({ phrase, properties }) => ![...properties].some((id) => has(wish.keep, id, phrase)),
    );
    for (const { phrase, properties } of news) {
      const [id, ...others] = [...properties].filter((one) => wish.properties.get(one)?.group === 'nested');
      if (id === undefined) continue;
      if (reading.contradicts || doubtful || others.length > 0 || (wished.get(id) ?? phrase) !== phrase) return null;
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

interface NameSpan {
  readonly start: number;
  readonly end: number;
  readonly phrase: string;
}

/**
 * The records that the request names, in its order: null unless they are exactly `count` and no two share a name. Names of other
 * things that `isName` knows are read over, so that "Lamp" is not found in "Lamp Shade".
 */
export function recordsNamed(wish: {
  readonly text: string;
  readonly records: readonly RecordView[];
  readonly key: string;
  readonly count: number;
  isName(phrase: string): boolean;
}): readonly RecordView[] | null {
  const byName = new Map<string, RecordView>();
  for (const view of distinct(wish.records, wish.key))
    for (const phrase of view.properties.get(NAME)?.values.keys() ?? []) {
      if (byName.has(phrase)) return null;
      byName.set(phrase, view);
    }
  const spans = nameSpans(tokensOf(wish.text), (phrase) => byName.has(phrase) || wish.isName(phrase));
  const named = [...new Set(spans.flatMap(({ phrase }) => byName.get(phrase) ?? []))];
  return named.length === wish.count ? named : null;
}

interface Passage {
  readonly text: string;
  /** True if the sentence up to its end holds a condition, or a negation before it. */
  readonly doubtful: boolean;
}

/**
 * The stretches of the text from the thing's name to the next name, sentence by sentence; words right before that name belong
 * to it.
 */
function passagesAbout(name: string, { text, owners }: Wish): Passage[] {
  const passages: Passage[] = [];
  let about = false;
  for (const sentence of text.split(SENTENCE_END)) {
    const tokens = tokensOf(sentence);
    let start = 0;
    const add = (end: number) => {
      const doubtful =
        tokens.slice(0, end).some((token) => CONDITIONS.has(token.text)) ||
        tokens.slice(0, start).some((token) => isNegation(token.text));
      passages.push({ text: textOf(tokens.slice(start, end)), doubtful });
    };
    for (const span of nameSpans(tokens, (phrase) => phrase === name || owners(phrase).has(NAME))) {
      if (about) add(beforeName(tokens, start, span.start));
      about = span.phrase === name;
      start = span.end;
    }
    if (about) add(tokens.length);
  }
  return passages;
}

/** Where the words that lead to a name begin: after the last comma, quote or "and" before it. */
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
