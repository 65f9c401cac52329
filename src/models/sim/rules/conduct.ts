/** Advice about finishing, repeating, talking and unasked writes. */
import * as words from '../lexicon.ts';
import { polarity } from '../sentence.ts';
import { about, type Rule } from './rule.ts';

export const missingReport: Rule = ({ text }, { lexicon }) => {
  if (!words.CLOSING.test(text) || !lexicon.figures.test(text)) return [];
  const sign = polarity(text, lexicon.figures);
  return sign === -1 || words.REPORT.test(text) ? about(sign, { tools: null }) : [];
};

export const claim: Rule = ({ text }) => {
  if (!words.FINISH.test(text) || !words.SUCCESS.test(text)) return [];
  if (/\b(?:even if|even though|regardless|whether or not|no matter|in any case)\b/.test(text))
    return about(-1, { tools: null });
  return about(/\b(?:only|after|until|unless|once|before|never|not|no|if|when|without)\b/.test(text) ? 1 : 0, {
    tools: null,
  });
};

export const loop: Rule = ({ text }) => {
  const other = words.OTHERWISE.test(text) && /\b(?:try|do|use|change|alter|take|pick|choose|make)\b/.test(text);
  if (!words.REPEAT.test(text)) return about(other ? 1 : 0, { tools: null });
  const vain = /\b(?:nothing|useless|pointless|in vain|no use|does not help|never helps)\b/.test(text);
  if (other || vain || polarity(text, words.REPEAT) === -1) return about(1, { tools: null });
  return about(/\b(?:same|identical|keep|repeat\w*|until)\b/.test(text) ? -1 : 0, { tools: null });
};

export const unaskedWriteRule: Rule = ({ text }) => {
  if (words.UNASKED.test(text) && /\b(?:no|not|never|don't|only|nothing|without|avoid|refrain)\b/.test(text))
    return about(1, { tools: null });
  return about(
    /\b(?:also|additionally|in addition|besides)\b.*\b(?:updat\w+|chang\w+|modif\w+|correct)\b/.test(text) ? -1 : 0,
    { tools: null },
  );
};

export const gaveUp: Rule = ({ text }, { lexicon }) => {
  const prose = polarity(text, lexicon.prose);
  if (prose !== 0) return about(prose === 1 ? -1 : 1, { tools: null });
  return about(
    words.USE_TOOL.test(text) && /\b(?:each|every|always|must|turn|reply|next|no|needs?)\b/.test(text)
      ? polarity(text, words.USE_TOOL)
      : 0,
    { tools: null },
  );
};

export const textCall: Rule = ({ text }) => {
  const written = polarity(text, words.TEXT_CALL);
  if (written !== 0)
    return about(/\b(?:call|calls|tool|tools|function|functions|json)\b/.test(text) ? (written === 1 ? -1 : 1) : 0, {
      tools: null,
    });
  return about(/\b(?:use|through|with|via|make|by|native)\b/.test(text) ? polarity(text, words.NATIVE_CALL) : 0, {
    tools: null,
  });
};
