/** The only known name close to a wrong one: other case, underscores, one or two wrong letters. */

const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Levenshtein distance, at most `limit + 1`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return Math.min(row[b.length] as number, limit + 1);
}

/** The only known name close to `wrong`; undefined when none or several are equally close. */
export function nearestName(wrong: string, known: readonly string[]): string | undefined {
  const target = bare(wrong);
  const same = known.filter((name) => bare(name) === target);
  if (same.length > 0) return same.length === 1 ? same[0] : undefined;
  // Short names are close to each other by chance.
  const limit = target.length >= 8 ? 2 : target.length >= 5 ? 1 : 0;
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of known) {
    const distance = editDistance(target, bare(name), limit);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    } else if (distance === bestDistance) best = undefined;
  }
  return best;
}
