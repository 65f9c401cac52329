/** Retrieves skills for a request by BM25 over name and description. */
import type { Skill } from '../harness/schema.ts';
import { isUnspaced, wordsIn } from '../words.ts';

/** Usual values (Robertson and Zaragoza 2009): term saturation and length normalization. */
const K1 = 1.5;
const B = 0.75;

const STOP_WORDS = new Set(
  'a an and are as at be been but by can do does for from has have how i if in into is it its me my no not of on or our please she so that the their them then there they this to up use via want was we were what when which will with would you your'.split(
    ' ',
  ),
);

/**
 * Lower-case words without stop words and common endings: "exchanged" equals "exchange". Scripts
 * without spaces give pairs of neighbours.
 */
export function termsOf(text: string): string[] {
  const words = wordsIn(text);
  return words.flatMap((word, at) => {
    const next = words[at + 1] ?? '';
    if (isUnspaced(word)) return isUnspaced(next) ? [word + next] : isUnspaced(words[at - 1] ?? '') ? [] : [word];
    if (word.length < 2 || STOP_WORDS.has(word)) return [];
    return [word.length > 4 ? word.replace(/(?:ings?|ed|es|s|e)$/, '') : word];
  });
}

export interface SkillIndex {
  readonly skills: readonly Skill[];
  readonly counts: readonly ReadonlyMap<string, number>[];
  readonly lengths: readonly number[];
  readonly meanLength: number;
  /** Term -> ln((N + 1) / (df + 1)) + 1: always positive, so that a single skill can be found. */
  readonly idf: ReadonlyMap<string, number>;
}

export function indexSkills(skills: readonly Skill[]): SkillIndex {
  const counts: Map<string, number>[] = [];
  const lengths: number[] = [];
  const documents = new Map<string, number>();
  for (const skill of skills) {
    const terms = termsOf(`${skill.name} ${skill.description}`);
    const count = new Map<string, number>();
    for (const term of terms) count.set(term, (count.get(term) ?? 0) + 1);
    for (const term of count.keys()) documents.set(term, (documents.get(term) ?? 0) + 1);
    counts.push(count);
    lengths.push(terms.length);
  }
  const idf = new Map([...documents].map(([term, df]) => [term, Math.log((skills.length + 1) / (df + 1)) + 1]));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return { skills, counts, lengths, meanLength: skills.length === 0 ? 0 : total / skills.length, idf };
}

export interface Retrieved {
  readonly skill: Skill;
  readonly score: number;
}

/** The `topK` best skills with at least `minScore`, best first; ties in harness order. */
export function retrieveSkills(
  index: SkillIndex,
  request: string,
  topK: number,
  minScore: number,
): readonly Retrieved[] {
  if (index.skills.length === 0 || topK === 0) return [];
  const query = new Set(termsOf(request));
  const scored = index.skills.map((skill, i) => {
    const count = index.counts[i] as ReadonlyMap<string, number>;
    const norm = K1 * (1 - B + (B * (index.lengths[i] as number)) / (index.meanLength || 1));
    let score = 0;
    for (const [term, frequency] of count) {
      if (query.has(term)) score += ((index.idf.get(term) ?? 0) * frequency * (K1 + 1)) / (frequency + norm);
    }
    return { skill, score };
  });
  return scored
    .filter(({ score }) => score > 0 && score >= minScore)
    .sort((a, b) => b.score - a.score)
    .slice(0, topK);
}
