/** The words of a domain: what an environment tells the core, which knows no domain of its own. */

/** Patterns are sources of regular expressions over lower-case text, so that all is plain data. */
export interface Vocabulary {
  /** What the person who asks is called, e.g. `reader`; `user` by default. */
  readonly user: string;
  /** Tools that hand a request over to a person. */
  readonly handOver: readonly string[];
  /** Words of requests that do not say which record is meant, beside plain verbs. */
  readonly plainWords: readonly string[];
  /** Patterns of field names whose values are personal, beside names, addresses and the like. */
  readonly personalFields: readonly string[];
  /** Patterns of words near which an edit that a model wrote is left to a person. */
  readonly sensitiveWords: readonly string[];
  /** How people put what the tools do and hold; only the simulated agent reads it. */
  readonly speech: Speech;
}

/** What the simulated agent understands and confuses, beyond plain English. */
export interface Speech {
  /** First word of a tool's name -> a pattern of how people say it: `renew` -> `\brenew\w*`. */
  readonly verbs: Readonly<Record<string, string>>;
  /** State in a tool's name, e.g. `overdue` -> a pattern of other words for it; '' for none. */
  readonly states: Readonly<Record<string, string>>;
  /** Word of an argument's name -> all nouns by which people speak of it. */
  readonly nouns: Readonly<Record<string, readonly string[]>>;
  /** Patterns of amounts and facts that a closing summary may be asked to hold. */
  readonly figures: readonly string[];
  /** Word of an argument's name -> an id of nobody in the form of that domain. */
  readonly inventedIds: Readonly<Record<string, string>>;
  /** Argument -> the one that it is taken for. */
  readonly confusions: Readonly<Record<string, string>>;
}

/** What holds where an environment says nothing. */
export const NEUTRAL: Vocabulary = {
  user: 'user',
  handOver: [],
  plainWords: [],
  personalFields: [],
  sensitiveWords: [],
  speech: { verbs: {}, states: {}, nouns: {}, figures: [], inventedIds: {}, confusions: {} },
};

/** What an environment's author writes: any part of it. */
export type VocabularyDefinition = Partial<Omit<Vocabulary, 'speech'>> & { readonly speech?: Partial<Speech> };

const completed = new WeakMap<VocabularyDefinition, Vocabulary>();

/**
 * The whole vocabulary, neutral where nothing is given; the same object for the same definition.
 */
export function completeVocabulary(given: VocabularyDefinition): Vocabulary {
  const known = completed.get(given);
  if (known !== undefined) return known;
  const whole: Vocabulary = { ...NEUTRAL, ...given, speech: { ...NEUTRAL.speech, ...given.speech } };
  completed.set(given, whole).set(whole, whole);
  return whole;
}
