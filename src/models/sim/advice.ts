/** Understands sentences by content: which fault a sentence warns of, for which tool and argument, and whether it asks or forbids. */
import * as words from './lexicon.ts';
import type { Fault } from './profiles.ts';
import { meant, polarity, rejects, type Sentence, sentencesOf, type ToolIndex } from './sentence.ts';

/** One thing that a text says about one fault. */
export interface Advice {
  readonly fault: Fault;
  /** 1 = following it avoids the fault; -1 = following it commits the fault. */
  readonly polarity: 1 | -1;
  /** null = all tools. */
  readonly tools: ReadonlySet<string> | null;
  /** Exact argument name, when the sentence is about one name. */
  readonly argument?: string;
  /** For advice about arguments: the nouns used, to be matched with an argument's nouns; null = all arguments. */
  readonly nouns: ReadonlySet<string> | null;
  /** `partial`: about all wishes of a request rather than all items of a call. */
  readonly wishes?: boolean;
  /** `wrong_order`: what comes earlier and later; '*' = everything else. */
  readonly earlier?: string;
  readonly later?: string;
}

type Found = Omit<Advice, 'fault' | 'tools' | 'nouns'> & Partial<Pick<Advice, 'tools' | 'nouns'>>;
type Rule = (sentence: Sentence, index: ToolIndex) => readonly Found[];

const about = (sign: -1 | 0 | 1, rest: Partial<Found> = {}): readonly Found[] =>
  sign === 0 ? [] : [{ ...rest, polarity: sign }];

const missingPrefix: Rule = ({ text }) => {
  const symbol = words.PREFIX.test(text.replace(/#\w/g, ''));
  const example =
    /#\w/.test(text) && /\b(?:look|like|such as|eg|format|form|written|starts?|begins?|example|pattern)\b/.test(text);
  const aboutIds = /\b(?:orders?|ids?|numbers?|\w+_ids?|identifiers?|references?|codes?)\b/.test(text);
  if (!aboutIds || !(symbol || example)) return [];
  return about(symbol ? polarity(text.replace(/#\w+/g, 'value'), words.PREFIX) : 1);
};

const writeBeforeRead: Rule = (sentence, index) => {
  // What is looked up for the agent is nothing to look up.
  const text = sentence.text.replace(words.RESOLVED, ' ');
  const writes = sentence.tools && [...sentence.tools].filter((name) => index.get(name)?.readOnly === false);
  const tools = writes && writes.length > 0 ? new Set(writes) : null;
  const read = sentence.named.find((name) => index.get(name)?.readOnly);
  const match = words.LOOKUP.exec(text);
  const at = Math.min(
    match?.index ?? Number.POSITIVE_INFINITY,
    read ? text.indexOf(read.toLowerCase()) : Number.POSITIVE_INFINITY,
  );
  const object = read !== undefined || words.RECORD.test(text) || /\blook\w* (?:\w+ )?up\b/.test(text);
  if (!Number.isFinite(at) || !object) {
    const aboutWrite = sentence.own !== undefined ? index.get(sentence.own)?.readOnly === false : tools !== null;
    return about(words.AT_ONCE.test(text) && aboutWrite ? (polarity(text, words.AT_ONCE) === 1 ? -1 : 1) : 0, {
      tools,
    });
  }
  if (words.NEEDLESS.test(text)) return about(-1, { tools });
  const lead = text.slice(0, at);
  const negation =
    /\b(?:no|not|never|cannot|don't|refrain from|avoid|skip\w*|omit\w*|drop)\b(?!.*\b(?:no|not|never|don't)\b)/.exec(
      lead,
    );
  if (negation) {
    const between = lead.slice(negation.index + negation[0].length);
    return about(words.BEFORE.test(between) ? 1 : between.trim().split(/\s+/).length <= 4 ? -1 : 1, { tools });
  }
  if (/\bwithout\b(?:\s+\S+){0,3}\s*$/.test(lead)) return about(-1, { tools });
  const ownRead = sentence.own !== undefined && index.get(sentence.own)?.readOnly === true;
  if (ownRead && !words.BEFORE.test(text)) return [];
  const cue =
    sentence.own !== undefined || sentence.step || at < 14 || words.BEFORE.test(text) || words.FIRST.test(text);
  return about(cue ? 1 : 0, { tools });
};

const nameForId: Rule = ({ text, nouns, own, tools }, index) => {
  // What a lookup shows says nothing of what it takes.
  if (own !== undefined && index.get(own)?.readOnly && !/\b\w+_ids?\b/.test(text)) return [];
  // A lookup that is named only says where ids come from.
  const users = tools && new Set([...tools].filter((tool) => tool === own || index.get(tool)?.readOnly === false));
  const found = (sign: -1 | 0 | 1, rest: Partial<Found>): readonly Found[] =>
    about(sign, { ...rest, tools: users && users.size > 0 ? users : null });
  const name = words.NAME.test(text);
  const id = words.IDENTIFIER.test(text);
  const thing = words.THING.test(text) || /\b\w+_ids?\b/.test(text);
  const scope = thing ? nouns : null;
  const giving =
    /\b(?:give|giv\w+|name (?:the|each|every|all|items)|write|send|pass|use|put|describe|state|say|provide|enter|fill in|call)\b/.test(
      text,
    );
  if (name && rejects(text, words.NAME) && !rejects(text, words.IDENTIFIER)) return found(1, { nouns: scope });
  if (id && (giving || name) && rejects(text, words.IDENTIFIER)) return found(-1, { nouns: scope });
  if (
    thing &&
    giving &&
    (name || words.RESOLVED.test(text)) &&
    !(id && words.SOURCE.test(text) && !words.RESOLVED.test(text))
  )
    return found(polarity(text, words.NAME) === -1 ? 1 : -1, { nouns: scope });
  if (id && words.SOURCE.test(text) && !words.RESOLVED.test(text))
    return found(polarity(text, words.SOURCE), { nouns: scope });
  return [];
};

const inventedId: Rule = ({ text }) => {
  const sign = polarity(text, words.INVENT);
  return sign === 0 ? [] : about(sign === 1 ? -1 : 1);
};

const wrongName: Rule = ({ text, nouns, tools }, index) => {
  const out: Found[] = [];
  const explicit = /\b(?:argument|parameter|field|called|named|key)\b/.test(text);
  for (const name of tools ?? [])
    for (const argument of index.get(name)?.arguments ?? [])
      if (nouns.has(argument.toLowerCase()) && (argument.includes('_') || explicit))
        out.push({
          polarity: rejects(text, new RegExp(`\\b${argument.toLowerCase()}\\b`)) ? -1 : 1,
          argument,
          tools: new Set([name]),
        });
  return out;
};

const wrongType: Rule = ({ text, nouns }) => {
  if (words.LIST.test(text)) return about(polarity(text, words.LIST), { nouns });
  return words.SINGLE_TEXT.test(text) ? about(polarity(text, words.SINGLE_TEXT) === 1 ? -1 : 1, { nouns }) : [];
};

/** Negations in the parts between commas that hold the state and the verb. */
function negationsAround(text: string, state: number, verb: number): number {
  let from = 0;
  let count = 0;
  for (const part of text.split(',')) {
    const to = from + part.length;
    const holds = (at: number): boolean => from <= at && at <= to;
    if (holds(state) || holds(verb)) count += part.replace(/no longer/g, ' ').match(words.NEGATION)?.length ?? 0;
    from = to + 1;
  }
  return count;
}

const wrongState: Rule = (sentence, index) => {
  const out: Found[] = [];
  for (const part of sentence.text.split(/;| but |, while | whereas | otherwise /)) {
    const states = [
      ...part.matchAll(/(non-)?\b(pending|delivered|processed|cancelled|active|inactive|open|closed)\b/g),
    ];
    if (states.length === 0) continue;
    const named = sentence.named.filter(
      (name) => part.includes(name.toLowerCase()) && index.get(name)?.readOnly === false,
    );
    const byVerb = named.length > 0 ? [] : meant(part, sentence.nouns, index).map((facts) => facts.name);
    const told = named.length > 0 ? named : byVerb.length > 0 ? byVerb : sentence.own ? [sentence.own] : [];
    for (const name of told) {
      const facts = index.get(name);
      if (!facts?.state) continue;
      const at = named.length > 0 ? part.indexOf(name.toLowerCase()) : Math.max(0, part.search(facts.verb));
      const nearest = states.reduce((a, b) => (Math.abs(a.index - at) <= Math.abs(b.index - at) ? a : b));
      for (const state of told.length > 1 ? [nearest] : states) {
        if (state.index === at) continue;
        const negations = negationsAround(part, state.index, at) + (state[1] ? 1 : 0);
        const fits = (state[2] === facts.state) === (negations % 2 === 0);
        out.push({ polarity: fits ? 1 : -1, tools: new Set([name]) });
      }
    }
  }
  if (
    out.length === 0 &&
    /\bstat(?:us|e)\b/.test(sentence.text) &&
    /\b(?:decid\w+|choos\w+|chosen|depend\w*|fits?|match\w*|right tool|determin\w+|pick\w*|which tool)\b/.test(
      sentence.text,
    )
  )
    return about(polarity(sentence.text, /\bstat(?:us|e)\b/), { tools: sentence.own ? new Set([sentence.own]) : null });
  return out;
};

const partial: Rule = ({ text }) => {
  if (words.SEPARATE.test(text)) return about(polarity(text, words.SEPARATE) === 1 ? -1 : 1);
  const out = words.ALL_THINGS.test(text) && words.ONE_CALL.test(text) ? about(polarity(text, words.ONE_CALL)) : [];
  return words.EVERY_WISH.test(text) && words.HANDLE.test(text)
    ? [...out, ...about(polarity(text, words.EVERY_WISH), { wishes: true })]
    : out;
};

const wrongOrder: Rule = (sentence) => {
  const text = sentence.text.replace(
    /\b(?:first|last) (?:name|method|item|message|sentence)s?\b|\b(?:works|only|just|at|called) once\b|\bonce (?:for|per|an?)\b/g,
    ' ',
  );
  const pairs: [string, string][] = [];
  const joined = /^(.*?)\b(before|until|prior to|ahead of|after|once|then|followed by)\b(.*)$/.exec(text);
  if (joined) {
    const [, left = '', word = '', right = ''] = joined;
    const comma = right.indexOf(',');
    const pronoun = /^\s*(?:them|that|it|this|those|these)\b/.exec(right)?.[0];
    const [near, far] =
      left.trim() === ''
        ? [right.slice(0, comma), right.slice(comma + 1)]
        : pronoun === undefined
          ? [right, left]
          : [left, right.slice(pronoun.length)];
    const swapped = /\b(?:no|not|never|don't)\b/.test(left);
    const nearIsEarlier = (word === 'after' || word === 'once') !== swapped;
    if (word === 'then' || word === 'followed by') pairs.push([left, right]);
    else pairs.push(nearIsEarlier ? [near, far] : [far, near]);
  }
  for (const part of text.split(/[,;:]/)) {
    const negated = /\b(?:no|not|never|don't)\b/.test(part);
    if (/\b(?:last|finally|at the end|final step|in the end)\b/.test(part))
      pairs.push(negated ? [part, '*'] : ['*', part]);
    else if (/\b(?:first|start with|begin with|starting with)\b/.test(part))
      pairs.push(negated ? ['*', part] : [part, '*']);
  }
  return pairs.map(([earlier, later]) => ({ polarity: 1, earlier, later, tools: null }));
};

const missingReport: Rule = ({ text }) => {
  if (!words.CLOSING.test(text) || !words.FIGURES.test(text)) return [];
  const sign = polarity(text, words.FIGURES);
  return sign === -1 || words.REPORT.test(text) ? about(sign, { tools: null }) : [];
};

const claim: Rule = ({ text }) => {
  if (!words.FINISH.test(text) || !words.SUCCESS.test(text)) return [];
  if (/\b(?:even if|even though|regardless|whether or not|no matter|in any case)\b/.test(text))
    return about(-1, { tools: null });
  return about(/\b(?:only|after|until|unless|once|before|never|not|no|if|when|without)\b/.test(text) ? 1 : 0, {
    tools: null,
  });
};

const loop: Rule = ({ text }) => {
  const other = words.OTHERWISE.test(text) && /\b(?:try|do|use|change|alter|take|pick|choose|make)\b/.test(text);
  if (!words.REPEAT.test(text)) return about(other ? 1 : 0, { tools: null });
  const vain = /\b(?:nothing|useless|pointless|in vain|no use|does not help|never helps)\b/.test(text);
  if (other || vain || polarity(text, words.REPEAT) === -1) return about(1, { tools: null });
  return about(/\b(?:same|identical|keep|repeat\w*|until)\b/.test(text) ? -1 : 0, { tools: null });
};

const unaskedWrite: Rule = ({ text }) => {
  if (words.UNASKED.test(text) && /\b(?:no|not|never|don't|only|nothing|without|avoid|refrain)\b/.test(text))
    return about(1, { tools: null });
  return about(
    /\b(?:also|additionally|in addition|besides)\b.*\b(?:updat\w+|chang\w+|modif\w+|correct)\b/.test(text) ? -1 : 0,
    { tools: null },
  );
};

const gaveUp: Rule = ({ text }) => {
  const prose = polarity(text, words.PROSE);
  if (prose !== 0) return about(prose === 1 ? -1 : 1, { tools: null });
  return about(
    words.USE_TOOL.test(text) && /\b(?:each|every|always|must|turn|reply|next|no|needs?)\b/.test(text)
      ? polarity(text, words.USE_TOOL)
      : 0,
    { tools: null },
  );
};

const textCall: Rule = ({ text }) => {
  const written = polarity(text, words.TEXT_CALL);
  if (written !== 0)
    return about(/\b(?:call|calls|tool|tools|function|functions|json)\b/.test(text) ? (written === 1 ? -1 : 1) : 0, {
      tools: null,
    });
  return about(/\b(?:use|through|with|via|make|by|native)\b/.test(text) ? polarity(text, words.NATIVE_CALL) : 0, {
    tools: null,
  });
};

/** Faults that a text can warn of; `reasoning` is not among them: no text cures it. */
const RULES: readonly (readonly [Fault, Rule])[] = [
  ['missing_prefix', missingPrefix],
  ['write_before_read', writeBeforeRead],
  ['name_for_id', nameForId],
  ['invented_id', inventedId],
  ['wrong_name', wrongName],
  ['wrong_type', wrongType],
  ['wrong_state', wrongState],
  ['partial', partial],
  ['wrong_order', wrongOrder],
  ['missing_report', missingReport],
  ['claim', claim],
  ['loop', loop],
  ['unasked_write', unaskedWrite],
  ['gave_up', gaveUp],
  ['text_call', textCall],
];

/** All advice of one sentence. */
export function adviceOf(sentence: Sentence, index: ToolIndex): Advice[] {
  return RULES.flatMap(([fault, rule]) =>
    rule(sentence, index).map((item) => ({ tools: sentence.tools, nouns: null, ...item, fault })),
  );
}

/** All advice of a text; `own` is the tool whose description or answer it is. */
export const analyse = (text: string, index: ToolIndex, own?: string): Advice[] =>
  sentencesOf(text, index, own).flatMap((sentence) => adviceOf(sentence, index));
