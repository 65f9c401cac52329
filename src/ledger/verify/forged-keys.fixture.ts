import { append, become, key, next, reseal, rightful, type StoryCommit, thief } from '../story.fixture.ts';
import { type Case, sealed } from './forgery.fixture.ts';

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
      append(commits, thief, (statement) => {
        const { keyid, publicKey } = key.entry;
        become(statement, {
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
      append(commits, thief, (statement) => {
        const { keyid, publicKey } = thief.entry;
        become(statement, {
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
      append(commits, next, (statement) => {
        become(statement, { kind: 'keys', keys: { action: 'revoke', keyid: next.entry.keyid, from: 10 } });
      }),
  ],
  [
    '17',
    'a change of keys in a record of another kind',
    'V1',
    /0010\.json/,
    'predicate',
    (commits) =>
      append(commits, next, ({ predicate }) => {
        Object.assign(predicate, { keys: { action: 'revoke', keyid: key.entry.keyid, from: 10 } });
      }),
  ],
];
