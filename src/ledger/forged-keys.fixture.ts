/** Cases 13 to 17 and 37 to 46: keys, the chain and the gate (for tests). */
import { type GateRecord, recompute } from '../gate/record.ts';
import { type Case, plant, record, replan, rescore, sealed, signature } from './forgery.fixture.ts';
import { append, change, key, next, reseal, rewrite, rightful, type StoryCommit, thief } from './story.fixture.ts';

export const forgedKeys: readonly Case[] = [
  [
    '13',
    'an unknown key that signs everything',
    'V2',
    /0001\.json/,
    'keyid',
    (commits) => {
      const first = commits.slice(0, 4);
      reseal(first, () => thief);
      return first;
    },
  ],
  [
    '13',
    'an unknown key under the name of a known one',
    'V2',
    /0009\.json/,
    'sig',
    (commits) => {
      reseal(commits, (seq) => (seq === 9 ? { ...thief, entry: { ...thief.entry, keyid: next.entry.keyid } } : null));
    },
  ],
  [
    '14',
    'a key that is over, under an early date',
    'V1',
    /0010\.json/,
    'signer',
    (commits) => {
      append(commits, key, ({ predicate }) => {
        predicate.time = '2025-01-01T00:00:00Z';
      });
      const last = commits.at(-1) as StoryCommit;
      last.people = last.people.replace(/> \d+ /g, '> 1700000000 ');
    },
  ],
  [
    '14',
    'a key that is over, after its end was cut off',
    'V3',
    'refs/heads/optimize/shop',
    'commit',
    (commits) => {
      const first = commits.slice(0, 4);
      append(first, key);
      return first;
    },
  ],
  [
    '17',
    'a key that lets itself be followed',
    'V2',
    /0010\.json/,
    'keyid',
    (commits) =>
      append(commits, thief, ({ predicate }) => {
        const { keyid, publicKey } = key.entry;
        Object.assign(predicate, {
          kind: 'keys',
          keys: { action: 'rotate', old: thief.entry.keyid, new: keyid, publicKey },
        });
      }),
  ],
  [
    '17',
    'a key that lets another one be followed',
    'V1',
    /0010\.json/,
    'keys.old',
    (commits) =>
      append(commits, thief, ({ predicate }) => {
        const { keyid, publicKey } = thief.entry;
        Object.assign(predicate, {
          kind: 'keys',
          keys: { action: 'rotate', old: next.entry.keyid, new: keyid, publicKey },
        });
      }),
  ],
  [
    '17',
    'a key under the name of another',
    'V1',
    /0008\.json/,
    'keys.new',
    sealed(8, ({ predicate }) => {
      Object.assign(predicate.keys as object, { publicKey: thief.entry.publicKey });
    }),
  ],
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
        Object.assign(statement.predicate, twin.predicate, { seq, signer, run: run.replace('night-9', 'night-1') });
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
    'gate.stage',
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
    'data.panel',
    sealed(6, ({ predicate }) => {
      predicate.data = { ...predicate.data, panel: null };
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
      append(commits, next, ({ predicate }) => {
        Object.assign(predicate, {
          kind: 'release',
          data: look.data,
          gate: { ...look.gate, options: { ...look.gate.options, alpha: 0.05 } },
        });
        predicate.verdict = { ...recompute(predicate.gate as unknown as GateRecord) };
        predicate.version = 'v2' as never;
      });
    },
  ],
  [
    '14',
    'a key before its turn',
    'V2',
    /0007\.json/,
    'keyid',
    (commits) => reseal(commits, (seq) => (seq === 7 ? next : rightful(seq))),
  ],
  [
    '17',
    'a key that takes itself back for what it signed',
    'V1',
    /0010\.json/,
    'keys.from',
    (commits) =>
      append(commits, next, ({ predicate }) => {
        Object.assign(predicate, { kind: 'keys', keys: { action: 'revoke', keyid: next.entry.keyid, from: 10 } });
      }),
  ],
  [
    '17',
    'a change of keys in a record of another kind',
    'V1',
    /0010\.json/,
    'keys',
    (commits) =>
      append(commits, next, ({ predicate }) => {
        Object.assign(predicate, { keys: { action: 'revoke', keyid: key.entry.keyid, from: 10 } });
      }),
  ],
];
