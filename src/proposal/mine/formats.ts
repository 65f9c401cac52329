/** Learns an argument's shape from its right values: a prefix, then digits or letters. */
import type { Format } from '../../harness/schema.ts';

/** A format with a prefix repair; null below 5 different values, or without a common shape. */
export function learnFormat(argument: string, values: readonly string[]): Format | null {
  const all = [...new Set(values)];
  if (all.length < 5) return null;
  const prefix = commonPrefix(all).replace(/[0-9]+$/, '');
  const rests = all.map((v) => v.slice(prefix.length));
  const kind = rests.every((r) => /^[0-9]+$/.test(r))
    ? '[0-9]'
    : rests.every((r) => /^[A-Za-z0-9]+$/.test(r))
      ? '[A-Za-z0-9]'
      : null;
  if (prefix === '' || kind === null) return null;
  const lengths = [...new Set(rests.map((r) => r.length))];
  const times = lengths.length === 1 ? `{${lengths[0]}}` : '+';
  // Models drop the leading punctuation and keep the letters, so only that is put back.
  const punctuation = /^[^A-Za-z0-9]+/.exec(prefix)?.[0];
  return { argument, pattern: `^${escapePattern(prefix)}${kind}${times}$`, repair: { prefix: punctuation ?? prefix } };
}

function commonPrefix(values: readonly string[]): string {
  let prefix = values[0] ?? '';
  for (const value of values) while (!value.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
