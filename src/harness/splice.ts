/** The difference of two harnesses, one byte splice per file, which other programs can replay. */
import { z } from 'zod';
import type { HarnessFiles } from '../types.ts';

export const Splice = z.strictObject({
  /** Below `harness/<env>/`. */
  path: z.string().min(1).max(200),
  status: z.enum(['added', 'changed', 'removed']),
  /** Offset in the file before, in bytes of UTF-8. */
  at: z.int().min(0),
  /** Text that stood there. */
  removed: z.string(),
  /** Text that stands there now. */
  inserted: z.string(),
});
export type Splice = z.infer<typeof Splice>;

/** Splices by path; [] for equal harnesses. The common start and end of a file are left out. */
export function splicesOf(before: HarnessFiles, after: HarnessFiles): Splice[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path): Splice[] => {
    const [old, now] = [before.get(path), after.get(path)];
    if (old === now) return [];
    if (old === undefined) return [{ path, status: 'added', at: 0, removed: '', inserted: now ?? '' }];
    if (now === undefined) return [{ path, status: 'removed', at: 0, removed: old, inserted: '' }];
    const { head, tail } = commonEnds(old, now);
    const removed = old.slice(head, old.length - tail);
    const inserted = now.slice(head, now.length - tail);
    return [{ path, status: 'changed', at: Buffer.byteLength(old.slice(0, head)), removed, inserted }];
  });
}

/** UTF-16 units of the common start and end, without cutting a character in two. */
function commonEnds(a: string, b: string): { head: number; tail: number } {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < most - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  if (head > 0 && isHigh(a.charCodeAt(head - 1))) head -= 1;
  if (tail > 0 && isLow(a.charCodeAt(a.length - tail))) tail -= 1;
  return { head, tail };
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
