/** Cases 1 to 12: evidence that somebody changed (for tests). */
import type { GateRecord } from '../../gate/record.ts';
import { append, change, key, next, reseal, rewrite, rightful, thief } from '../story.fixture.ts';
import { type Case, plant, record, replan, rescore, sealed, signature, unsigned } from './forgery.fixture.ts';

export const forgedEvidence: readonly Case[] = [
  [
    '1',
    'a score edited',
    'V1',
    /0006\.json/,
    'verdict.better',
    sealed(6, ({ predicate }) => {
      Object.assign((predicate.gate as GateRecord).pairs[0] as object, { after: [0] });
    }),
  ],
  [
    '1',
    'a score edited, and the verdict with it',
    'V2',
    /0006\.json/,
    'sig',
    (commits) => {
      rescore(commits, ({ pairs }) => Object.assign(pairs[0] as object, { after: [0] }));
      reseal(commits);
    },
  ],
  [
    '2',
    'an aggregate alone',
    'V1',
    /0006\.json/,
    'verdict.effect',
    sealed(6, ({ predicate }) => {
      Object.assign(predicate.verdict as object, { effect: 0.9 });
    }),
  ],
  [
    '3',
    'a verdict flipped',
    'V1',
    /0003\.json/,
    'verdict.decision',
    sealed(3, ({ predicate }) => {
      Object.assign(predicate.verdict as object, { decision: 'accepted' });
    }),
  ],
  [
    '4',
    'a p value',
    'V1',
    /0006\.json/,
    'verdict.statistic',
    sealed(6, ({ predicate }) => {
      Object.assign(predicate.verdict as object, { statistic: 0.0001 });
    }),
  ],
  [
    '4',
    'an interval',
    'V1',
    /0006\.json/,
    'verdict.low',
    sealed(6, ({ predicate }) => {
      Object.assign(predicate.verdict as object, { low: 0.49 });
    }),
  ],
  [
    '5',
    'what it cost',
    'V2',
    /0006\.json/,
    'sig',
    (commits) => {
      rescore(commits, ({ options }) => Object.assign(options, { costUsd: 0.01 }));
      reseal(commits);
    },
  ],
  [
    '6',
    'the model',
    'V2',
    /0006\.json/,
    'sig',
    sealed(6, ({ predicate }) => {
      predicate.who.served = 'another-model';
    }),
  ],
  [
    '7',
    'the time',
    'V2',
    /0006\.json/,
    'sig',
    sealed(6, ({ predicate }) => {
      predicate.time = '2025-12-31T00:00:00Z';
    }),
  ],
  [
    '7',
    'the time of the last record',
    'V2',
    /0009\.json/,
    'sig',
    sealed(9, ({ predicate }) => {
      predicate.time = '2025-12-31T00:00:00Z';
    }),
  ],
  [
    '8',
    'two records that changed places',
    'V1',
    /0003\.json/,
    'run',
    (commits) => {
      const [two, three] = [2, 3].map((seq) => commits.at(-1)?.files.get(record(seq))?.text as string);
      change(commits, record(2), () => three as string);
      change(commits, record(3), () => two as string);
    },
  ],
  [
    '9',
    'a record played again, as it was',
    'V1',
    /0010\.json/,
    'seq',
    (commits) => {
      append(commits, next);
      change(commits, 'runs/night-9/decisions/0010.json', () => commits.at(-1)?.files.get(record(3))?.text as string);
    },
  ],
  [
    '9',
    'a record played again under a new number',
    'V2',
    /0010\.json/,
    'sig',
    (commits) => {
      append(commits, next, ({ predicate }) => {
        predicate.limits = ['played again'];
      });
      const old = commits.at(-1)?.files.get(signature(9))?.text as string;
      change(commits, 'runs/night-9/decisions/0010.sig', () => old);
    },
  ],
  [
    '10',
    'a losing row removed',
    'V1',
    /0006\.json/,
    'verdict.tasks',
    sealed(6, ({ predicate }) => {
      (predicate.gate as unknown as { pairs: unknown[] }).pairs.pop();
    }),
  ],
  [
    '10',
    'a losing row removed, and the verdict with it',
    'V2',
    /0006\.json/,
    'sig',
    (commits) => {
      rescore(commits, ({ pairs, options }) => {
        pairs.pop();
        Object.assign(options, { planned: 19, rollouts: 38 });
      });
      replan(commits, ({ tasks, terms }) => {
        tasks.pop();
        Object.assign(terms, { planned: 19 });
      });
      reseal(commits);
    },
  ],
  ['11', 'a signature stripped', 'V1', /0003\.json/, 'signature', (commits) => plant(commits, 0, signature(3), null)],
  ['11', 'a signature deleted later', 'V1', /0003\.sig/, 'bytes', (commits) => plant(commits, 3, signature(3), null)],
  [
    '11',
    'the last signature stripped, and its name',
    'V1',
    /0009\.json/,
    'signer',
    (commits) => {
      rewrite(commits, 9, ({ predicate }) => {
        predicate.signer = null;
      });
      plant(commits, 0, signature(9), null);
      reseal(commits);
    },
  ],
  ['11', 'every signature stripped, and every name', 'V2', /0001\.json/, 'signature', unsigned],
  [
    '11',
    'a signature replaced by that of another record',
    'V2',
    /0003\.json/,
    'sig',
    (commits) => {
      const other = commits.at(-1)?.files.get(signature(2))?.text as string;
      change(commits, signature(3), () => other);
    },
  ],
  [
    '12',
    'another type of payload',
    'V1',
    /0003\.json/,
    'payloadType',
    (commits) => change(commits, signature(3), (text) => text.replace('application/vnd.in-toto+json', 'text/plain')),
  ],
  [
    '12',
    'another type of predicate',
    'V1',
    /0003\.json/,
    'predicateType',
    (commits) => {
      change(commits, record(3), (text) => text.replace('decision:v3', 'decision:v1'));
    },
  ],
  [
    '11',
    'a signature that comes later than its record',
    'V1',
    /0003\.sig/,
    'bytes',
    (commits) => plant(commits.slice(0, 3), 0, signature(3), null),
  ],
  [
    '11',
    'a name stripped and the signature left',
    'V1',
    /0009\.json/,
    'signer',
    sealed(9, ({ predicate }) => {
      predicate.signer = null;
    }),
  ],
  [
    '12',
    'a signature under the name of another key',
    'V1',
    /0003\.json/,
    'keyid',
    (commits) => change(commits, signature(3), (text) => text.replace(key.entry.keyid, thief.entry.keyid)),
  ],
  [
    '12',
    'the words of an edit left out, which no leak check refused',
    'V1',
    /0003\.json/,
    'keys',
    sealed(3, (statement) => Object.assign(statement.predicate, { edits: [], touched: [] })),
  ],
  [
    '12',
    'a second key beside words that are left out',
    'V1',
    /0002\.json/,
    'keys',
    sealed(2, ({ predicate }) => void Object.assign(predicate, { keys: ['0', '1'] })),
  ],
  [
    '12',
    'words left out, and a check that has nothing to hide',
    'V1',
    /0002\.json/,
    'keys',
    sealed(2, ({ predicate }) => void Object.assign(predicate.checks?.[0] as object, { check: 'bounds' })),
  ],
  [
    '48',
    'the order of the arms rewritten, by the key holder',
    'V1',
    /0006\.json/,
    'gate.pairs, order',
    (commits) => {
      rescore(commits, ({ pairs }) => {
        for (const pair of pairs) Object.assign(pair, { order: 'b' });
      });
      reseal(commits, rightful);
    },
  ],
];
