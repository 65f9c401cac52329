/** Advice about the values and names of arguments. */
import * as words from '../lexicon.ts';
import { polarity, rejects } from '../sentence.ts';
import { about, type Found, type Rule } from './rule.ts';

export const missingPrefix: Rule = ({ text }) => {
  const symbol = words.PREFIX.test(text.replace(/#\w/g, ''));
  const example =
    /#\w/.test(text) && /\b(?:look|like|such as|eg|format|form|written|starts?|begins?|example|pattern)\b/.test(text);
  const aboutIds = /\b(?:orders?|ids?|numbers?|\w+_ids?|identifiers?|references?|codes?)\b/.test(text);
  if (!aboutIds || !(symbol || example)) return [];
  return about(symbol ? polarity(text.replace(/#\w+/g, 'value'), words.PREFIX) : 1);
};

export const nameForId: Rule = ({ text, nouns, own, tools }, index) => {
  // What a lookup shows does not say what it takes.
  if (own !== undefined && index.get(own)?.readOnly && !/\b\w+_ids?\b/.test(text)) return [];
  // A lookup that is only named says where ids come from.
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

export const inventedIdRule: Rule = ({ text }) => {
  const sign = polarity(text, words.INVENT);
  return sign === 0 ? [] : about(sign === 1 ? -1 : 1);
};

export const wrongName: Rule = ({ text, nouns, tools }, index) => {
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

export const wrongType: Rule = ({ text, nouns }) => {
  if (words.LIST.test(text)) return about(polarity(text, words.LIST), { nouns });
  return words.SINGLE_TEXT.test(text) ? about(polarity(text, words.SINGLE_TEXT) === 1 ? -1 : 1, { nouns }) : [];
};
