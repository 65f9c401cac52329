/** Cases 37 to 41 and 46: numbers, bytes and looks of the chain (for tests). */
import { type GateRecord, recompute } from '../../gate/record.ts';
import { append, become, change, next, reseal, rewrite, rightful } from '../story.fixture.ts';
import { type Case, plant, record, replan, rescore, sealed, signature } from './forgery.fixture.ts';

export const forgedChain: readonly Case[] = [
  [
    '37',
    'a refusal removed',
    'V1',
    /0004\.json/,
    'seq',
    (commits) => {
      for (const path of [record(3), signature(3)]) plant(commits, 0, path, null);
    },
  ],
  [
    '37',
    'a refusal removed, and all numbers after it moved',
    'V2',
    /night-1\/decisions\/0003\.json/,
    'sig',
    (commits) => {
      for (const path of [record(3), signature(3)]) plant(commits, 0, path, null);
      for (const seq of [4, 5, 6, 7, 8, 9]) {
        rewrite(commits, seq, ({ predicate }) => {
          predicate.seq -= 1;
        });
        for (const [path, to] of [record(seq), signature(seq)].map(
          (path) => [path, path.replace(`000${seq}`, `000${seq - 1}`)] as const,
        ))
          for (const { files } of commits) {
            const file = files.get(path);
            files.delete(path);
            if (file) files.set(to, file);
          }
      }
      reseal(commits);
      for (const commit of commits)
        commit.message = commit.message.replace(/Optimize-Seq: (\d)-(\d)/, (all, from, to) =>
          to < 3 ? all : `Optimize-Seq: ${from < 3 ? from : from - 1}-${to - 1}`,
        );
    },
  ],
  [
    '38',
    'the last file cut',
    'V1',
    /0009\.json/,
    'bytes',
    (commits) => change(commits, record(9), (text) => text.slice(0, 200)),
  ],
  ['39', 'an empty file', 'V1', /0003\.json/, 'bytes', (commits) => change(commits, record(3), () => '')],
  ['39', 'an empty signature', 'V1', /0003\.sig/, 'bytes', (commits) => change(commits, signature(3), () => '')],
  [
    '40',
    'a key twice',
    'V1',
    /0003\.json/,
    'bytes',
    (commits) =>
      change(commits, record(3), (text) => text.replace('"predicateType"', '"_type": "x",\n "predicateType"')),
  ],
  [
    '40',
    'bytes after the end',
    'V1',
    /0003\.json/,
    'bytes',
    (commits) => change(commits, record(3), (text) => `${text} `),
  ],
  [
    '40',
    'bytes after the end of a signature',
    'V1',
    /0003\.sig/,
    'bytes',
    (commits) => change(commits, signature(3), (text) => `${text} `),
  ],
  [
    '41',
    'two verdicts on one candidate, by the key holder',
    'V1',
    /0010\.json/,
    'seq',
    (commits) => {
      const twin = JSON.parse(commits.at(-1)?.files.get(record(3))?.text as string);
      append(commits, next, (statement) => {
        const { seq, run, signer } = statement.predicate;
        statement.subject = twin.subject;
        // The same run, or it would be another night's try.
        become(statement, { ...twin.predicate, seq, signer, run: run.replace('night-9', 'night-1') });
      });
    },
  ],
  [
    '46',
    'another error rate than was announced, by the key holder',
    'V1',
    /0006\.json/,
    'gate.options',
    (commits) => {
      rescore(commits, ({ options }) => Object.assign(options, { alpha: 0.05 }));
      reseal(commits, rightful);
    },
  ],
  [
    '46',
    'a release on dev scores, by the key holder',
    'V1',
    /0006\.json/,
    'predicate.gate.stage',
    (commits) => {
      rewrite(commits, 6, ({ predicate }) => {
        const { pairs } = predicate.gate as unknown as GateRecord;
        const gate: GateRecord = { stage: 'keep', pairs, options: { planned: 20, rollouts: 40 } };
        Object.assign(predicate, { gate, verdict: recompute(gate) });
      });
      reseal(commits, rightful);
    },
  ],
  [
    '46',
    'a release without a panel, by the key holder',
    'V1',
    /0006\.json/,
    'predicate.data.panel',
    sealed(6, ({ predicate }) => {
      delete (predicate.data as { panel?: string }).panel;
    }),
  ],
  [
    '46',
    'a limit of voids of its own, by the key holder',
    'V1',
    /0005\.json/,
    'plan.terms.maxVoidShare',
    (commits) => {
      replan(commits, ({ terms }) => Object.assign(terms, { maxVoidShare: 1 }));
      rescore(commits, ({ options }) => Object.assign(options, { maxVoidShare: 1 }));
      reseal(commits, rightful);
    },
  ],
  [
    '46',
    'tasks that were not announced, by the key holder',
    'V1',
    /0006\.json/,
    'gate.pairs',
    (commits) => {
      rescore(commits, ({ pairs }) => Object.assign(pairs[0] as object, { task: 'easy' }));
      reseal(commits, rightful);
    },
  ],
  [
    '46',
    'too high an error rate, by the key holder',
    'V1',
    /0005\.json/,
    'plan.terms.alpha',
    (commits) => {
      replan(commits, ({ terms }) => Object.assign(terms, { alpha: 0.05 }));
      rescore(commits, ({ options }) => Object.assign(options, { alpha: 0.05 }));
      reseal(commits, rightful);
    },
  ],
  [
    '46',
    'the sealed panel opened again, by the key holder',
    'V1',
    /0010\.json/,
    'gate',
    (commits) => {
      const look = JSON.parse(commits.at(-1)?.files.get(record(6))?.text as string).predicate;
      const gate = { ...look.gate, options: { ...look.gate.options, alpha: 0.05 } };
      const fields = { data: look.data, gate, verdict: recompute(gate), version: 'v2', limits: [] };
      append(commits, next, (statement) => become(statement, { kind: 'release', ...fields }));
    },
  ],
];
