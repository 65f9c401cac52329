/** Names for the miner: bindings, ids, and words for arguments. */

const VERBS = /^(get|find|fetch|read|lookup|look|load|show|list|query|search|describe|view)_/;
const ENDINGS = /_(details?|info(rmation)?|record|data|by_.*)$/;

/** A short name for a result: get_order_details -> order, numbered when taken. */
export function bindingName(tool: string, taken: readonly string[]): string {
  const words = tool
    .toLowerCase()
    .replace(VERBS, '')
    .replace(ENDINGS, '')
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  const camel = words.map((w, i) => (i === 0 ? w : w[0]?.toUpperCase() + w.slice(1))).join('');
  const base =
    /^[a-z]/.test(camel) && !RESERVED.has(camel) ? camel : `${camel || 'result'}Read`.replace(/^[^a-z]+/, 'r');
  if (!taken.includes(base)) return base;
  let n = 2;
  while (taken.includes(`${base}${n}`)) n += 1;
  return `${base}${n}`;
}

/** Names with a meaning in CEL. */
const RESERVED = new Set(
  'args task calls called count values it i v x r in true false null int uint double string bool bytes list map null_type type dyn cel optional size'.split(
    ' ',
  ),
);

/** Lower-case words joined by '-', at most 64 characters: a legal id. */
export function idOf(...parts: readonly string[]): string {
  const id = parts
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return id.slice(0, 64).replace(/-+$/, '');
}

/** 'payment_method_id' -> 'payment method', for prose. */
export const nameWords = (argument: string): string => argument.replace(/_ids?$/, '').replace(/_/g, ' ');
