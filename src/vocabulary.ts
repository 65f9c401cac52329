/** The words of a domain, which the environment provides: the core knows no domain. */

/** Patterns are regular expression sources over lower-case text, so that all is plain data. */
export interface Vocabulary {
  /** Name of the person who asks, e.g. `reader`; `user` by default. */
  readonly user: string;
  /** Tools that hand a request over to a person. */
  readonly handOver: readonly string[];
  /** Words of requests that do not identify a record, besides plain verbs. */
  readonly plainWords: readonly string[];
  /** Patterns of field names with personal values, besides names, addresses and the like. */
  readonly personalFields: readonly string[];
  /** Patterns of words near which a person reviews a model-written edit. */
  readonly sensitiveWords: readonly string[];
  /** Wording for what the tools do and contain; only the simulated agent reads it. */
  readonly speech: Speech;
}

/** What the simulated agent understands and confuses, beyond plain English. */
export interface Speech {
  /** First word of a tool's name -> a pattern of how people say it: `renew` -> `\brenew\w*`. */
  readonly verbs: Readonly<Record<string, string>>;
  /** State in a tool's name, e.g. `overdue` -> a pattern of other words for it; '' for none. */
  readonly states: Readonly<Record<string, string>>;
  /** Word of an argument's name -> all nouns that people use for it. */
  readonly nouns: Readonly<Record<string, readonly string[]>>;
  /** Patterns of amounts and facts that a closing summary may contain. */
  readonly figures: readonly string[];
  /** Word of an argument's name -> an id of no record in the form of that domain. */
  readonly inventedIds: Readonly<Record<string, string>>;
  /** Argument -> the argument that it is confused with. */
  readonly confusions: Readonly<Record<string, string>>;
}

/** The default vocabulary. */
export const NEUTRAL: Vocabulary = {
  user: 'user',
  handOver: [],
  plainWords: [],
  personalFields: [],
  sensitiveWords: [],
  speech: { verbs: {}, states: {}, nouns: {}, figures: [], inventedIds: {}, confusions: {} },
};

/** What an environment's author writes: any part of a vocabulary. */
export type VocabularyDefinition = Partial<Omit<Vocabulary, 'speech'>> & { readonly speech?: Partial<Speech> };

const completed = new WeakMap<VocabularyDefinition, Vocabulary>();

/** The complete vocabulary, neutral where not given; one object per definition. */
export function completeVocabulary(given: VocabularyDefinition): Vocabulary {
  const known = completed.get(given);
  if (known !== undefined) return known;
  const whole: Vocabulary = { ...NEUTRAL, ...given, speech: { ...NEUTRAL.speech, ...given.speech } };
  completed.set(given, whole).set(whole, whole);
  return whole;
}
