/** Advice about which calls to make, on which records, and in which order. */
import * as words from '../lexicon.ts';
import { meant, polarity } from '../sentence.ts';
import { about, type Found, type Rule } from './rule.ts';

export const writeBeforeRead: Rule = (sentence, index) => {
  // The agent need not look up what is looked up for it.
  const text = sentence.text.replace(words.RESOLVED, ' ');
  const writes = sentence.tools && [...sentence.tools].filter((name) => index.get(name)?.readOnly === false);
  const tools = writes && writes.length > 0 ? new Set(writes) : null;
  const read = sentence.named.find((name) => index.get(name)?.readOnly);
  const match = words.LOOKUP.exec(text);
  const at = Math.min(
    match?.index ?? Number.POSITIVE_INFINITY,
    read ? text.indexOf(read.toLowerCase()) : Number.POSITIVE_INFINITY,
  );
  const object = read !== undefined || index.lexicon.record.test(text) || /\blook\w* (?:\w+ )?up\b/.test(text);
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

/** Counts negations in the comma parts that hold the state and the verb. */
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

export const wrongState: Rule = (sentence, index) => {
  const out: Found[] = [];
  for (const part of sentence.text.split(/;| but |, while | whereas | otherwise /)) {
    const states = [...part.matchAll(index.lexicon.stateWord)];
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

export const partial: Rule = ({ text }) => {
  if (words.SEPARATE.test(text)) return about(polarity(text, words.SEPARATE) === 1 ? -1 : 1);
  const out = words.ALL_THINGS.test(text) && words.ONE_CALL.test(text) ? about(polarity(text, words.ONE_CALL)) : [];
  return words.EVERY_WISH.test(text) && words.HANDLE.test(text)
    ? [...out, ...about(polarity(text, words.EVERY_WISH), { wishes: true })]
    : out;
};

export const wrongOrder: Rule = (sentence) => {
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
