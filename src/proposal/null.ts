/** Edits that change nothing, to measure how often noise fools a gate. */
import { type Random, shuffled } from '../digest.ts';
import type { Edit, Op } from '../edit/schema.ts';
import { clauseOf } from '../harness/schema.ts';
import type { Harness } from '../types.ts';
import { builtIn, type Proposer } from './proposer.ts';

const SUBJECTS = [
  'These files',
  'The documents here',
  'The notes of this folder',
  'This text',
  'The pages here',
  'The lines below',
];
const STATEMENTS = [
  'are kept in plain language',
  'were last sorted by title',
  'follow one layout',
  'use the same typeface throughout',
  'are numbered from one',
  'have short paragraphs',
];

/** Up to `count` (default 12) different neutral sentences. */
export function nullEdits(harness: Harness, random: Random, count = 12): Edit[] {
  const sentences = shuffled(
    SUBJECTS.flatMap((subject) => STATEMENTS.map((statement) => agree(`${subject} ${statement}.`))),
    random,
  );
  const skill = harness.skills.find((s) => !harness.settings.protected.includes(s.name));
  return sentences.slice(0, count).map((sentence, index) => {
    const op: Op =
      skill && index % 2 === 1
        ? { op: 'skill.insert', id: skill.name, after: null, lines: [sentence] }
        : {
            op: 'clause.add',
            clause: clauseOf({
              id: `layout-note-${index + 1}`,
              tools: ['done'],
              say: sentence,
              tell: index % 4 < 2 ? 'description' : 'system',
            }),
          };
    return {
      ops: [op],
      hypothesis: 'A neutral sentence, which should change nothing.',
      addresses: [],
      predicts: { fixes: 0, risks: 'None: it is a test of the gate.' },
      proposer: 'null',
    };
  });
}

const agree = (sentence: string): string =>
  sentence.startsWith('This ')
    ? sentence
        .replace(' are ', ' is ')
        .replace(' were ', ' was ')
        .replace(' follow ', ' follows ')
        .replace(' use ', ' uses ')
        .replace(' have ', ' has ')
    : sentence;

/** Tests the gate: no edit can matter. */
export const neutral: Proposer = builtIn({
  name: 'null',
  propose: ({ harness, random, budget }) => ({ edits: nullEdits(harness, random, budget.candidates) }),
});
