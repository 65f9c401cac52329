/** Each case changes a signed record as somebody might and must be found, at the lowest level that can see it; numbers are those of the list of cases. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import { type GateRecord, recompute } from '../gate/record.ts';
import { harnessId } from '../harness/parse.ts';
import { type Anchor, anchorLine, parseAnchor } from './anchor.ts';
import { blobId } from './object-id.ts';
import { put, read, removeFolders, type Shop, userGit } from './shop.fixture.ts';
import {
  append,
  change,
  key,
  next,
  pathOf,
  readStory,
  reseal,
  rewrite,
  rightful,
  type StoryCommit,
  thief,
  told,
  trust,
  writeStory,
} from './story.fixture.ts';
import { readTrust } from './trust.ts';
import { type Sight, verifyRepository } from './verify.ts';

afterAll(removeFolders);

let story: readonly StoryCommit[];
let start: string;
let anchor: Anchor;
beforeAll(async () => {
  const { dir, repository } = await told();
  start = userGit(dir, 'rev-parse', 'main^1').trim();
  story = readStory(dir, start);
  const report = await verifyRepository(repository, { trust });
  anchor = report.branches[0]?.anchor as Anchor;
});

const own = (): StoryCommit[] => story.map((commit) => ({ ...commit, files: new Map(commit.files) }));
const contract = 'harness/shop/contract.yaml';
const policy = 'harness/shop/policy.md';
const record = (seq: number) => pathOf(story, seq);
const signature = (seq: number) => record(seq).replace('.json', '.sig');

/** Scores of decision 5 changed, and the verdict with them. */
function rescore(commits: StoryCommit[], edit: (gate: GateRecord & { pairs: unknown[] }) => void): void {
  rewrite(commits, 5, ({ predicate }) => {
    edit(predicate.gate as never);
    predicate.verdict = { ...recompute(predicate.gate as unknown as GateRecord) };
  });
}

/** Files of a commit replaced by those of an edit; null removes one. */
function plant(commits: StoryCommit[], from: number, path: string, text: string | null, mode = '100644'): void {
  for (const { files } of commits.slice(from)) {
    if (text === null) files.delete(path);
    else files.set(path, { mode, text });
  }
}

const edited = (path: string, text: string): string => {
  const old = story[0]?.files.get(path)?.text;
  if (old === undefined || old === text) throw new Error(`nothing to change in ${path}`);
  return text;
};

/** What a forger makes of the commits: changed in place, or others. */
type Forgery = ((commits: StoryCommit[]) => StoryCommit[]) | ((commits: StoryCommit[]) => void);
type Case = readonly [
  number: string,
  what: string,
  level: Sight,
  file: string | RegExp,
  field: string,
  forgery: Forgery,
];

/** Changes something in one record and mends what follows from its bytes alone. */
const sealed =
  (seq: number, edit: Parameters<typeof rewrite>[2]): Forgery =>
  (commits) => {
    rewrite(commits, seq, edit);
    reseal(commits);
  };

const cases: Case[] = [
  [
    '1',
    'a score edited',
    'V1',
    /0005\.json/,
    'verdict.better',
    sealed(5, ({ predicate }) => {
      Object.assign((predicate.gate as GateRecord).pairs[0] as object, { after: [0] });
    }),
  ],
  [
    '1',
    'a score edited, and the verdict with it',
    'V2',
    /0005\.json/,
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
    /0005\.json/,
    'verdict.effect',
    sealed(5, ({ predicate }) => {
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
    /0005\.json/,
    'verdict.statistic',
    sealed(5, ({ predicate }) => {
      Object.assign(predicate.verdict as object, { statistic: 0.0001 });
    }),
  ],
  [
    '4',
    'an interval',
    'V1',
    /0005\.json/,
    'verdict.low',
    sealed(5, ({ predicate }) => {
      Object.assign(predicate.verdict as object, { low: 0.49 });
    }),
  ],
  [
    '5',
    'what it cost',
    'V2',
    /0005\.json/,
    'sig',
    sealed(5, ({ predicate }) => {
      predicate.cost.usd = 0.01;
    }),
  ],
  [
    '6',
    'the model',
    'V2',
    /0005\.json/,
    'sig',
    sealed(5, ({ predicate }) => {
      predicate.who.served = 'another-model';
    }),
  ],
  [
    '7',
    'the time',
    'V2',
    /0005\.json/,
    'sig',
    sealed(5, ({ predicate }) => {
      predicate.time = '2025-12-31T00:00:00Z';
    }),
  ],
  [
    '7',
    'the time of the last record',
    'V2',
    /0008\.json/,
    'sig',
    sealed(8, ({ predicate }) => {
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
    /0009\.json/,
    'seq',
    (commits) => {
      append(commits, next);
      change(commits, 'runs/night-9/decisions/0009.json', () => story.at(-1)?.files.get(record(3))?.text as string);
    },
  ],
  [
    '9',
    'a record played again under a new number',
    'V2',
    /0009\.json/,
    'sig',
    (commits) => {
      append(commits, next, ({ predicate }) => {
        predicate.limits = ['played again'];
      });
      const old = commits.at(-1)?.files.get(signature(8))?.text as string;
      change(commits, 'runs/night-9/decisions/0009.sig', () => old);
    },
  ],
  [
    '10',
    'a losing row removed',
    'V1',
    /0005\.json/,
    'verdict.tasks',
    sealed(5, ({ predicate }) => {
      (predicate.gate as unknown as { pairs: unknown[] }).pairs.pop();
    }),
  ],
  [
    '10',
    'a losing row removed, and the verdict with it',
    'V2',
    /0005\.json/,
    'sig',
    (commits) => {
      rescore(commits, ({ pairs, options }) => {
        pairs.pop();
        Object.assign(options, { planned: 19, rollouts: 38 });
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
    /0008\.json/,
    'signer',
    (commits) => {
      rewrite(commits, 8, ({ predicate }) => {
        predicate.signer = null;
      });
      plant(commits, 0, signature(8), null);
      reseal(commits);
    },
  ],
  [
    '11',
    'every signature stripped, and every name',
    'V2',
    /0001\.json/,
    'signature',
    (commits) => {
      const first = commits.slice(0, 4);
      for (const seq of [1, 2, 3, 4, 5, 6]) {
        rewrite(first, seq, ({ predicate }) => {
          predicate.signer = null;
        });
        plant(first, 0, signature(seq), null);
      }
      reseal(first);
      return first;
    },
  ],
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
      change(commits, record(3), (text) => text.replace('decision:v2', 'decision:v1'));
    },
  ],
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
    /0008\.json/,
    'sig',
    (commits) => {
      reseal(commits, (seq) => (seq === 8 ? { ...thief, entry: { ...thief.entry, keyid: next.entry.keyid } } : null));
    },
  ],
  [
    '14',
    'a key that is over, under an early date',
    'V1',
    /0009\.json/,
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
    /0009\.json/,
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
    /0009\.json/,
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
    /0007\.json/,
    'keys.new',
    sealed(7, ({ predicate }) => {
      Object.assign(predicate.keys as object, { publicKey: thief.entry.publicKey });
    }),
  ],
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
    /0008\.json/,
    'child.harness',
    (commits) => {
      const last = commits.at(-1) as StoryCommit;
      const text = `${last.files.get(contract)?.text}# mine\n`;
      plant(commits, 5, contract, text);
      const inner = [...last.files].filter(([path]) => path.startsWith('harness/shop/'));
      const harness = harnessId(new Map(inner.map(([path, file]) => [path.slice('harness/shop/'.length), file.text])));
      rewrite(commits, 8, ({ subject, predicate }) => {
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
      plant(commits, 6, policy, edited(policy, 'Be rude.\n'));
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
    (commits) => plant(commits, 3, policy, story[0]?.files.get(policy)?.text as string, '100755'),
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
  [
    '28',
    'the last commit amended',
    'V1',
    policy,
    'sha256',
    (commits) => plant(commits, 5, policy, edited(policy, 'Be rude.\n')),
  ],
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
    /0008\.json/,
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
    /0008\.json/,
    'sha256',
    (commits) => {
      const first = commits.slice(0, -1);
      append(first, next);
      return first;
    },
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
      for (const seq of [4, 5, 6, 7, 8]) {
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
    /0008\.json/,
    'bytes',
    (commits) => change(commits, record(8), (text) => text.slice(0, 200)),
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
    /0009\.json/,
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
    'too high an error rate, by the key holder',
    'V1',
    /0005\.json/,
    'gate.options.alpha',
    (commits) => {
      rescore(commits, ({ options }) => Object.assign(options, { alpha: 0.05 }));
      reseal(commits, rightful);
    },
  ],
  [
    '46',
    'the sealed panel opened again, by the key holder',
    'V1',
    /0009\.json/,
    'gate.options.alpha',
    (commits) => {
      const look = JSON.parse(commits.at(-1)?.files.get(record(5))?.text as string).predicate;
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
];

/** Asserts that it is found, and by no lower level. */
async function expectFound(
  { repository }: Shop,
  level: Sight,
  file: string | RegExp,
  field: string,
  deployed?: string,
) {
  const report = await verifyRepository(repository, {
    trust,
    anchors: [anchor],
    ...(deployed === undefined ? {} : { deployed }),
  });
  const order: Sight[] = ['V1', 'V2', 'V3', 'deployed'];
  const lower = report.issues.filter((issue) => order.indexOf(issue.level) < order.indexOf(level));
  expect(lower).toEqual([]);
  const match = typeof file === 'string' ? file : expect.stringMatching(file);
  expect(report.issues).toContainEqual(expect.objectContaining({ level, file: match, field }));
}

describe('a record that is whole', () => {
  it('verifies at every level, also written again from its parts', async () => {
    const { dir, repository } = await told();
    const tip = userGit(dir, 'rev-parse', 'optimize/shop');
    writeStory(dir, start, own());
    expect(userGit(dir, 'rev-parse', 'optimize/shop')).toBe(tip);
    const report = await verifyRepository(repository, {
      trust,
      anchors: [parseAnchor(anchorLine(anchor))],
      deployed: join(dir, 'harness/shop'),
    });
    expect(report).toMatchObject({ levels: ['V1', 'V2', 'V3'], deployed: 'branch main', issues: [], unchecked: [] });
    expect(report.branches).toMatchObject([{ decisions: 8, signedFrom: 1, commits: 6, releases: 1 }]);
  });
});

describe('a changed history', () => {
  it.each(cases)('case %s, %s, is found at %s', async (_number, _what, level, file, field, forgery) => {
    const shop = await told();
    const commits = own();
    const others = forgery(commits);
    writeStory(shop.dir, start, others ?? commits);
    await expectFound(shop, level, file, field);
  });

  it('case 27, a rebase that keeps every record, is named at V3 and nowhere below', async () => {
    const shop = await told();
    const onto = userGit(shop.dir, 'commit-tree', '-p', start, '-m', 'something else', `${start}^{tree}`).trim();
    writeStory(shop.dir, onto, own());
    await expectFound(shop, 'V3', 'refs/heads/optimize/shop', 'commit');
  });

  it('case 11, with every signature stripped and no number pinned, is not called verified', async () => {
    const { dir, repository } = await told();
    const first = own().slice(0, 4);
    for (const seq of [1, 2, 3, 4, 5, 6]) {
      rewrite(first, seq, ({ predicate }) => {
        predicate.signer = null;
      });
      plant(first, 0, signature(seq), null);
    }
    reseal(first);
    writeStory(dir, start, first);
    const report = await verifyRepository(repository, { trust: { ...trust, signedFrom: {} } });
    expect(report.unchecked).toMatchObject([{ why: expect.stringMatching(/no decision is signed/) }]);
  });
});

describe('a repository that lies', () => {
  const late: Forgery = sealed(5, ({ predicate }) => {
    predicate.time = '2025-12-31T00:00:00Z';
  });
  async function forged(): Promise<Shop & { readonly whole: string }> {
    const shop = await told();
    const whole = userGit(shop.dir, 'rev-parse', 'optimize/shop').trim();
    const commits = own();
    late(commits);
    writeStory(shop.dir, start, commits);
    return { ...shop, whole };
  }

  it('case 15: a verifier program of its own is not run', async () => {
    const shop = await forged();
    const program = join(shop.dir, '.git/good');
    put(shop.dir, '.git/good', '#!/bin/sh\ntouch was-run\necho Good signature\nexit 0\n');
    chmodSync(program, 0o755);
    for (const name of [
      'gpg.program',
      'gpg.ssh.program',
      'core.fsmonitor',
      'core.sshCommand',
      'core.alternateRefsCommand',
    ])
      userGit(shop.dir, 'config', name, program);
    userGit(shop.dir, 'config', 'log.showSignature', 'true');
    await expectFound(shop, 'V2', /0005\.json/, 'sig');
    expect(existsSync(join(shop.dir, 'was-run'))).toBe(false);
  });

  it('case 16: signers that it allows itself do not count', async () => {
    const shop = await told();
    const first = own().slice(0, 4);
    reseal(first, () => thief);
    writeStory(shop.dir, start, first);
    put(shop.dir, '.git/allowed', `* ${thief.entry.publicKey}\n`);
    userGit(shop.dir, 'config', 'gpg.ssh.allowedSignersFile', join(shop.dir, '.git/allowed'));
    put(shop.dir, 'trust.json', JSON.stringify({ ...trust, keys: [thief.entry] }));
    expect(() => readTrust(join(shop.dir, 'trust.json'), shop.repository)).toThrow(/lies in the repository/);
    await expectFound(shop, 'V2', /0001\.json/, 'keyid');
  });

  it('case 31: a replace ref does not show the whole record in place of the forged one', async () => {
    const shop = await forged();
    userGit(shop.dir, 'replace', 'optimize/shop', shop.whole);
    await expectFound(shop, 'V2', /0005\.json/, 'sig');
  });

  it('case 32: a graft hides no commit', async () => {
    const shop = await forged();
    put(shop.dir, '.git/info/grafts', `${userGit(shop.dir, 'rev-parse', 'optimize/shop').trim()} ${start}\n`);
    await expectFound(shop, 'V2', /0005\.json/, 'sig');
  });

  it('case 33: a forged commit graph hides no commit', async () => {
    const shop = await forged();
    userGit(shop.dir, 'commit-graph', 'write', '--reachable');
    const path = join(shop.dir, '.git/objects/info/commit-graph');
    const graph = readFileSync(path);
    const tree = Buffer.from(userGit(shop.dir, 'rev-parse', 'optimize/shop^{tree}').trim(), 'hex');
    // The parent's number follows the tree; this one means that there is none.
    graph.writeUInt32BE(0x70000000, graph.indexOf(tree) + tree.length);
    chmodSync(path, 0o644);
    writeFileSync(path, graph);
    expect(userGit(shop.dir, 'rev-list', '--count', 'optimize/shop').trim()).toBe('1');
    await expectFound(shop, 'V2', /0005\.json/, 'sig');
  });

  it('an object stored under the id of another is no way around', async () => {
    const { dir, repository } = await told();
    const blob = userGit(dir, 'rev-parse', `optimize/shop:${record(3)}`).trim();
    const other = userGit(dir, 'rev-parse', `optimize/shop:${record(2)}`).trim();
    const place = (oid: string) => `.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`;
    chmodSync(join(dir, place(blob)), 0o644);
    writeFileSync(join(dir, place(blob)), readFileSync(join(dir, place(other))));
    await expect(verifyRepository(repository)).rejects.toThrow(`object ${blob} holds the bytes of ${other}`);
  });

  it('case 34: a tag that was moved is found at V1', async () => {
    const shop = await told();
    userGit(shop.dir, 'tag', '-f', 'harness/shop/v1', 'optimize/shop');
    await expectFound(shop, 'V1', 'refs/tags/harness/shop/v1', 'commit');
  });

  it('a history that was cut off by a shallow clone is refused with what mends it', async () => {
    const shop = await told();
    put(shop.dir, '.git/shallow', `${userGit(shop.dir, 'rev-parse', 'optimize/shop').trim()}\n`);
    await expect(verifyRepository(shop.repository)).rejects.toThrow(/git fetch --unshallow/);
  });
});

describe('a deployed folder', () => {
  it.each<[what: string, file: string, field: string, change: (dir: string) => void]>([
    ['an edited file', policy, 'gitBlob', (dir) => put(dir, policy, 'Be rude.\n')],
    ['a file more', 'harness/shop/notes.md', 'file', (dir) => put(dir, 'harness/shop/notes.md', 'x')],
    ['another mode', policy, 'mode', (dir) => chmodSync(join(dir, policy), 0o755)],
    [
      'an edit by hand on the branch in force',
      'harness/shop on main',
      'sha256',
      (dir) => {
        put(dir, policy, `${read(dir, policy)}Always.\n`);
        userGit(dir, 'commit', '-qam', 'by hand');
      },
    ],
  ])('case 21, with %s, is found', async (_, file, field, change) => {
    const shop = await told();
    change(shop.dir);
    await expectFound(shop, 'deployed', new RegExp(`${file}$`), field, join(shop.dir, 'harness/shop'));
  });
});
