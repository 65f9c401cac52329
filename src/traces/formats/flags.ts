/** What a record may not tell of a call: whether it can change something, whether it failed. */
import { isObject, jsonOf } from '../../digest.ts';
import type { ReadContext } from './format.ts';

/** First words of tools that only look. */
const LOOKS =
  /^(?:get|find|list|search|read|look|lookup|show|view|fetch|query|check|describe|count|calculate|compute|think|retrieve|is|has|ls|cat|grep|glob)(?:[_\-.]|$|(?=[A-Z]))/;

/** By its name alone: a tool that looks is taken as one that changes nothing. */
export const looksReadOnly = (tool: string): boolean => LOOKS.test(tool.replace(/^.*[:/]/, ''));

/** By its text alone: it begins with the word, or is an object with a member for it. */
export function looksLikeError(content: string): boolean {
  const text = content.trimStart();
  if (/^(?:\[?error\b|\w*(?:Error|Exception)\b\s*:|Traceback \(most recent)/i.test(text)) return true;
  if (!text.startsWith('{') || text.length > 4_000) return false;
  try {
    const value = jsonOf(text);
    if (!isObject(value)) return false;
    const { error, is_error: flag, isError } = value;
    return flag === true || isError === true || (error !== undefined && error !== null && error !== false);
  } catch {
    return false;
  }
}

/** For names and texts of an environment that is not known here. */
export const guessedFlags = (env: string): ReadContext => ({
  env,
  isReadOnly: looksReadOnly,
  isError: looksLikeError,
});
