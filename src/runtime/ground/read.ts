/** Reads a description: which values of which properties it mentions, and what is left over. */
import { isWeak, type PhraseOwners, type Property } from './records.ts';
import { extendPhrase, groundTokens, isFiller, isNegation, MAX_PHRASE_TOKENS, type Token } from './text.ts';

/** One of `properties` has the value `phrase`. */
export interface Mention {
  readonly phrase: string;
  readonly properties: ReadonlySet<string>;
}

export interface Reading {
  readonly mentions: readonly Mention[];
  /** Words that are not a value, a property's name or a filler. */
  readonly unknown: readonly string[];
  /** True if nothing can be concluded: a negation, or a wrong value for a named property. */
  readonly contradicts: boolean;
  /** True if an unknown word beside a value may change its meaning ("rose" before "gold"). */
  readonly touches: boolean;
}

export interface Words {
  /** Owners of a phrase among the properties that matter; empty if it is not a value. */
  owners(phrase: string): ReadonlySet<string>;
  /** Property by its id, for names in the text. */
  readonly properties: ReadonlyMap<string, Property>;
  /** Further words without meaning, e.g. those of the argument's name. */
  readonly ignored: ReadonlySet<string>;
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly phrase: string;
  readonly kind: 'value' | 'name';
}

const LONG_NUMBER = /^\d{6,}$/;
const NO_OWNERS: ReadonlySet<string> = new Set();

/** Owners of a phrase in the records and, for properties that `matters`, in the context. */
export function ownersIn(own: PhraseOwners, context: readonly PhraseOwners[], matters: (property: string) => boolean) {
  return (phrase: string): ReadonlySet<string> => {
    const found = own.get(phrase);
    let all: Set<string> | undefined;
    for (const phrases of context) {
      for (const property of phrases.get(phrase) ?? NO_OWNERS) {
        if (!matters(property) || found?.has(property)) continue;
        all ??= new Set(found);
        all.add(property);
      }
    }
    return all ?? found ?? NO_OWNERS;
  };
}

const touching = (token: Token | undefined) => token?.gap === 'soft' || token?.gap === 'glued';

/** All phrases that are values or property names, longest first; no span cuts a word such as A6. */
function spansOf(tokens: readonly Token[], words: Words): Span[] {
  const spans: Span[] = [];
  for (let start = 0; start < tokens.length; start++) {
    if (tokens[start]?.gap === 'glued') continue;
    let phrase = '';
    for (let end = start + 1; end <= tokens.length && end - start <= MAX_PHRASE_TOKENS; end++) {
      phrase = extendPhrase(phrase, tokens[end - 1] as Token);
      if (tokens[end]?.gap === 'glued') continue;
      if (words.owners(phrase).size > 0) spans.push({ start, end, phrase, kind: 'value' });
      if (words.properties.has(phrase)) spans.push({ start, end, phrase, kind: 'name' });
    }
  }
  const rank = (span: Span) => (span.kind === 'value' ? 0 : 1);
  return spans.sort((a, b) => b.phrase.length - a.phrase.length || rank(a) - rank(b) || a.start - b.start);
}

/** The longest spans without overlap, in text order. */
function choose(tokens: readonly Token[], spans: readonly Span[]): { spans: Span[]; taken: boolean[] } {
  const taken: boolean[] = tokens.map(() => false);
  const chosen = spans.filter(({ start, end }) => {
    for (let i = start; i < end; i++) if (taken[i]) return false;
    taken.fill(true, start, end);
    return true;
  });
  return { spans: chosen.sort((a, b) => a.start - b.start), taken };
}

/** The property that the text names beside a value: "size: M", "size M", "soft cover". */
function namedBeside(tokens: readonly Token[], spans: readonly Span[], at: number) {
  const span = spans[at] as Span;
  const before = spans[at - 1];
  const after = spans[at + 1];
  let from = span.start;
  while (from > 0 && touching(tokens[from]) && isFiller(tokens[from - 1]?.text ?? '')) from--;
  const gapBefore = tokens[from]?.gap;
  const previous = before?.kind === 'name' && before.end === from && gapBefore !== 'hard' ? before.phrase : undefined;
  const pair = previous !== undefined && gapBefore === 'pair';
  const isNext = after?.kind === 'name' && after.start === span.end && touching(tokens[after.start]);
  const next = isNext && tokens[after.end]?.gap !== 'pair' ? after.phrase : undefined;
  return { previous, pair, next };
}

/** Reads `text` with the words of the records. Total and deterministic. */
export function readDescription(text: string, words: Words): Reading {
  const tokens = groundTokens(text);
  const { spans, taken } = choose(tokens, spansOf(tokens, words));
  const mentions: Mention[] = [];
  const valueEdges = new Set<number>();
  let contradicts = false;
  // In a bare list ("red, 20 hours, no") a lone "no" is a value; in a sentence it may be anything.
  const bareList = taken.every((is) => is);
  spans.forEach((span, at) => {
    if (span.kind === 'name') return;
    const owners = words.owners(span.phrase);
    const { previous, pair, next } = namedBeside(tokens, spans, at);
    let properties: ReadonlySet<string> = owners;
    if (previous !== undefined && owners.has(previous)) properties = new Set([previous]);
    else if (pair) contradicts = true;
    else if (next !== undefined && owners.has(next)) properties = new Set([next]);
    else {
      const alone = bareList && !touching(tokens[span.start]) && !touching(tokens[span.end]);
      properties = new Set([...owners].filter((id) => !isWeak(words.properties.get(id), span.phrase, alone)));
    }
    if (properties.size === 0) {
      taken.fill(false, span.start, span.end);
      return;
    }
    mentions.push({ phrase: span.phrase, properties });
    if (touching(tokens[span.start])) valueEdges.add(span.start - 1);
    if (touching(tokens[span.end])) valueEdges.add(span.end);
  });

  const unknown: string[] = [];
  let touches = false;
  tokens.forEach(({ text: word }, i) => {
    if (taken[i]) return;
    if (isNegation(word)) contradicts = true;
    // Long numbers, also after letters, are invented ids; they describe nothing.
    const next = tokens[i + 1];
    if (LONG_NUMBER.test(word) || (next?.gap === 'glued' && LONG_NUMBER.test(next.text))) return;
    if (isFiller(word) || isNegation(word) || words.ignored.has(word)) return;
    unknown.push(word);
    if (valueEdges.has(i)) touches = true;
  });
  return { mentions, unknown, contradicts, touches };
}
