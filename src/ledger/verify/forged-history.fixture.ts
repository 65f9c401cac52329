/** Cases 18 to 36: harness files and history (for tests). */
import { sha256 } from '../../digest.ts';
import { harnessId } from '../../harness/parse.ts';
import { blobId } from '../git/object-id.ts';
import { append, next, reseal, rewrite, rightful, type StoryCommit } from '../story.fixture.ts';
import { type Case, contract, plant, policy, record, rescore, signature } from './forgery.fixture.ts';

export const forgedHistory: readonly Case[] = [
  [
    '18',
    'an edit by hand',
    'V1',
    contract,
    'sha256',
    (commits) => {
      const last = commits.at(-1) as StoryCommit;
      commits.push({ ...last, message: 'by hand', files: new Map(last.files) });
      plant(commits, 6, contract, `${last.files.get(contract)?.text}# mine\n`);
    },
  ],
  [
    '19',
    'an edit with its digest',
    'V1',
    /0009\.json/,
    'child.harness',
    (commits) => {
      const last = commits.at(-1) as StoryCommit;
      const text = `${last.files.get(contract)?.text}# mine\n`;
      plant(commits, 5, contract, text);
      const inner = [...last.files].filter(([path]) => path.startsWith('harness/shop/'));
      const harness = harnessId(new Map(inner.map(([path, file]) => [path.slice('harness/shop/'.length), file.text])));
      rewrite(commits, 9, ({ subject, predicate }) => {
        predicate.child.harness = harness;
        for (const one of subject)
          if (one.name === contract) one.digest = { sha256: sha256(text), gitBlob: blobId(text, 'sha1') };
      });
      reseal(commits);
      last.message = last.message.replace(/(Optimize-Harness: )\w+/, `$1${harness}`);
    },
  ],
  [
    '20',
    'a change in a commit that says docs',
    'V1',
    policy,
    'sha256',
    (commits) => {
      const last = commits.at(-1) as StoryCommit;
      commits.push({ ...last, message: 'docs: typo\n', files: new Map(last.files) });
      plant(commits, 6, policy, 'Be rude.\n');
    },
  ],
  [
    '22',
    'a skill that no record adds',
    'V1',
    'harness/shop/skills/evil/SKILL.md',
    'sha256',
    (commits) => plant(commits, 3, 'harness/shop/skills/evil/SKILL.md', '---\nname: evil\ndescription: x\n---\nx\n'),
  ],
  [
    '23',
    'a skill deleted',
    'V1',
    'harness/shop/skills/greet/SKILL.md',
    'sha256',
    (commits) => plant(commits, 3, 'harness/shop/skills/greet/SKILL.md', null),
  ],
  ['24', 'a file made a link', 'V1', policy, 'mode', (commits) => plant(commits, 3, policy, '../../evil.md', '120000')],
  [
    '24',
    'a file made executable',
    'V1',
    policy,
    'mode',
    (commits) => plant(commits, 3, policy, commits[0]?.files.get(policy)?.text as string, '100755'),
  ],
  [
    '25',
    'a commit dropped in the middle',
    'V1',
    /0005\.json/,
    'seq',
    (commits) => {
      for (const seq of [2, 3, 4]) for (const path of [record(seq), signature(seq)]) plant(commits, 2, path, null);
      return commits.filter((_, index) => index !== 1);
    },
  ],
  [
    '26',
    'two commits that changed places',
    'V1',
    /0002\.json/,
    'bytes',
    (commits) => {
      const [first, second, ...rest] = commits as [StoryCommit, StoryCommit, ...StoryCommit[]];
      return [second, first, ...rest];
    },
  ],
  ['28', 'the last commit amended', 'V1', policy, 'sha256', (commits) => plant(commits, 5, policy, 'Be rude.\n')],
  [
    '28',
    'the message of the last commit amended',
    'V3',
    'refs/heads/optimize/shop',
    'commit',
    (commits) => {
      (commits.at(-1) as StoryCommit).message = (commits.at(-1) as StoryCommit).message.replace('keep', 'kept');
    },
  ],
  [
    '28',
    'a trailer amended',
    'V1',
    'message',
    'Optimize-Harness',
    (commits) => {
      const last = commits.at(-1) as StoryCommit;
      last.message = last.message.replace(/(Optimize-Harness: )\w+/, `$1${'0'.repeat(64)}`);
    },
  ],
  [
    '29',
    'a squash without its records',
    'V1',
    /0005\.json/,
    'seq',
    (commits) => {
      for (const seq of [1, 2, 3, 4]) for (const path of [record(seq), signature(seq)]) plant(commits, 0, path, null);
      return commits.slice(1);
    },
  ],
  ['29', 'a squash with its records', 'V3', 'refs/heads/optimize/shop', 'commit', (commits) => commits.slice(1)],
  [
    '30',
    'an accepted change on another parent',
    'V1',
    /0004\.json/,
    'parent.harness',
    (commits) => {
      const [, picked] = commits as [StoryCommit, StoryCommit];
      for (const path of [record(1), signature(1)]) picked.files.delete(path);
      return [picked];
    },
  ],
  ['35', 'the end cut off', 'V3', 'refs/heads/optimize/shop', 'seq', (commits) => commits.slice(0, -1)],
  [
    '36',
    'everything written again by the key holder',
    'V3',
    /0009\.json/,
    'sha256',
    (commits) => {
      rescore(commits, ({ pairs }) => Object.assign(pairs[0] as object, { after: [0] }));
      reseal(commits, rightful);
    },
  ],
  [
    '36',
    'a second end by the key holder',
    'V3',
    /0009\.json/,
    'sha256',
    (commits) => {
      const first = commits.slice(0, -1);
      append(first, next);
      return first;
    },
  ],
];
