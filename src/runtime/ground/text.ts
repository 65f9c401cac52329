/** Cuts descriptions into tokens and phrases; "5 ft", "5ft" and "5-FT" become one phrase. */
import { isObject } from '../../digest.ts';
import type { Json } from '../../types.ts';

/** What precedes a token: nothing, a space or hyphen, a separator (comma, quote), ":" or "=". */
export type Gap = 'glued' | 'soft' | 'hard' | 'pair';

export interface Token {
  readonly text: string;
  readonly gap: Gap;
}

/** Longest phrase in tokens; longer values can only be given by their key. */
export const MAX_PHRASE_TOKENS = 16;

const TOKEN = /\d+(?:[.,]\d+)*|[\p{L}\p{M}]+|[%+&°]/gu;

function gapOf(between: string): Gap {
  if (between === '') return 'glued';
  if (/[:=]/.test(between)) return 'pair';
  return /[,;()[\]{}"'`<>!?|\n•–—]|\.\s|\s-+\s/.test(between) ? 'hard' : 'soft';
}

/** 1,000 -> 1000 and 45.00 -> 45: one number has one spelling. */
function plainNumber(text: string): string {
  const digits = text.replace(/,(?=\d{3}(?:\D|$))/g, '');
  return /^\d+\.\d+$/.test(digits) ? digits.replace(/\.?0+$/, '') : digits;
}

export function groundTokens(text: string): readonly Token[] {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/(?<=\p{L})['’](?=\p{L})/gu, '');
  const tokens: Token[] = [];
  let end = 0;
  for (const match of plain.matchAll(TOKEN)) {
    const gap = tokens.length === 0 ? 'hard' : gapOf(plain.slice(end, match.index));
    tokens.push({ text: /^\d/.test(match[0]) ? plainNumber(match[0]) : match[0], gap });
    end = match.index + match[0].length;
  }
  return tokens;
}

const GAPS: Readonly<Record<Gap, string>> = { glued: '', soft: ' ', hard: ', ', pair: ': ' };

/** Text that gives the same tokens again, except for the first gap. */
export const groundTextOf = (tokens: readonly Token[]): string =>
  tokens.map(({ text, gap }, i) => (i === 0 ? text : `${GAPS[gap]}${text}`)).join('');

/** Appends a token to a phrase: digits stay apart ("1 2" is not "12"), separators remain. */
export function extendPhrase(phrase: string, token: Token): string {
  if (phrase === '') return token.text;
  if (token.gap === 'hard' || token.gap === 'pair') return `${phrase}|${token.text}`;
  return /\d$/.test(phrase) && /^\d/.test(token.text) ? `${phrase} ${token.text}` : phrase + token.text;
}

/** The phrase of a whole text; '' without letters or digits, or if it is too long. */
export function phraseOf(text: string): string {
  const tokens = groundTokens(text);
  return tokens.length > MAX_PHRASE_TOKENS ? '' : tokens.reduce(extendPhrase, '');
}

/** Words that describe nothing. */
const FILLERS = new Set(
  (
    'a an the my your this that these those of in with and or for to from on at by as is it its be i me we want would like please ' +
    'one item items name product products variant variants version option options new old same other another instead current ' +
    'existing ordered unit units piece pieces each which has have having made id ids entry record type kind change changed'
  ).split(' '),
);
const NEGATIONS = new Set(['no', 'not', 'non', 'without', 'except', 'never', 'nor', 'neither', 'but', 'unlike']);

export const isFiller = (word: string): boolean => FILLERS.has(word);
/** True for words that reverse the meaning of their neighbours. */
export const isNegation = (word: string): boolean => NEGATIONS.has(word);

/** True for words that mean nothing without their property's name: "yes", "true", "no". */
export const isWeakWord = (phrase: string): boolean =>
  FILLERS.has(phrase) || NEGATIONS.has(phrase) || phrase === 'true' || phrase === 'false' || phrase === 'yes';

const COUNT_KEYS = new Set(['quantity', 'qty', 'count']);

/** The description as text; an object becomes "name: value" pairs, so that both read alike. */
export function descriptionOf(value: Json): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (!isObject(value)) return null;
  const pairs: string[] = [];
  for (const [name, item] of Object.entries(value)) {
    if (item === null || COUNT_KEYS.has(name.toLowerCase())) continue;
    if (isObject(item)) pairs.push(`${name}, ${descriptionOf(item)}`);
    else if (Array.isArray(item))
      pairs.push(`${name}: ${item.map((entry: Json) => descriptionOf(entry) ?? '').join(', ')}`);
    else pairs.push(`${name}: ${String(item)}`);
  }
  return pairs.join('; ');
}
