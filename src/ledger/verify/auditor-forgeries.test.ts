/**
 * What the holder of a key could write and the verifier in Python has to find, and how it takes its
 * arguments and its files.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../digest.ts';
import { type GateRecord, recompute } from '../../gate/record.ts';
import { applyRelease } from '../acts/apply.ts';
import { rollback } from '../acts/rollback.ts';
import { startNight } from '../acts/start.ts';
import { openLedger } from '../branch/ledger.ts';
import { canonicalText } from '../format/statement.ts';
import {
  keep,
  nextTime,
  put,
  release,
  removeFolders,
  ringOf,
  stepWith,
  userGit,
  who,
  workTreeOf,
} from '../shop.fixture.ts';
import {
  append,
  become,
  type Draft,
  next,
  reseal,
  rewrite,
  rightful,
  type StoryCommit,
  told,
  trust,
} from '../story.fixture.ts';
import { audited, bundleOf, canVerify, copyOf, type Told, tell } from './auditor.fixture.ts';
import { record, replan, rescore } from './forgery.fixture.ts';
import { verifyRepository } from './verify.ts';

afterAll(removeFolders);

let shown: Told;
beforeAll(async () => {
  shown = await tell();
});

type Loose = { stage: string; pairs: Record<string, unknown>[]; options: Record<string, unknown> };
const gateOf = ({ predicate }: Draft) => predicate.gate as unknown as Loose;
const statementIn = (commits: readonly StoryCommit[], seq: number): Draft =>
  JSON.parse(commits.at(-1)?.files.get(record(seq))?.text as string);

/**
 * Changes the scores of one decision and not its verdict: every case below leaves that as it was.
 */
const scored = (seq: number, edit: (gate: Loose) => void) => (commits: StoryCommit[]) =>
  rewrite(commits, seq, (statement) => edit(gateOf(statement)));

/** Lets decisions tell of the harness that decision 3 proposed and nobody kept. */
const misled =
  (...seqs: number[]) =>
  (commits: StoryCommit[]) => {
    const refused = statementIn(commits, 3);
    for (const seq of seqs)
      rewrite(commits, seq, (statement) => {
        statement.subject = refused.subject;
        statement.predicate.child = refused.predicate.child;
      });
  };

const versioned = (seq: number, version: string | null) => (commits: StoryCommit[]) =>
  rewrite(commits, seq, ({ predicate }) => {
    predicate.version = version as never;
  });

const forgeries: readonly (readonly [string, RegExp, (commits: StoryCommit[]) => void])[] = [
  [
    'rewards above 1',
    /0001\.json gate\.pairs, numbers from 0 to 1:/,
    scored(1, ({ pairs }) => Object.assign(pairs[0] as object, { before: [36], after: [37] })),
  ],
  [
    'rewards below 0',
    /0001\.json gate\.pairs, numbers from 0 to 1:/,
    scored(1, ({ pairs }) => Object.assign(pairs[0] as object, { before: [-1], after: [0] })),
  ],
  [
    'a reward that is no number',
    /0001\.json gate\.pairs, numbers from 0 to 1:/,
    scored(1, ({ pairs }) => Object.assign(pairs[0] as object, { after: [true] })),
  ],
  [
    'forbidden changes that are taken off again',
    /0001\.json gate\.pairs, numbers/,
    scored(1, ({ pairs }) => Object.assign(pairs[0] as object, { violationsAfter: -3 })),
  ],
  [
    'one task a hundred times',
    /0001\.json gate\.pairs: expected every task once/,
    (commits) =>
      rewrite(commits, 1, (statement) => {
        const gate = gateOf(statement);
        const won = gate.pairs.filter(({ before, after }) => `${before}` < `${after}`)[0];
        gate.pairs = Array.from({ length: 100 }, (_, index) => ({ ...won, task: `task-${index}` }));
        Object.assign(gate.options, { planned: 100, rollouts: 200 });
        statement.predicate.verdict = { ...recompute(gate as unknown as GateRecord) };
        for (const pair of gate.pairs) Object.assign(pair, { task: 'task-0' });
      }),
  ],
  [
    'more tasks than were planned',
    /0001\.json gate\.pairs: expected every task once, at most 10/,
    scored(1, ({ options }) => Object.assign(options, { planned: 10 })),
  ],
  [
    'a look that is over before its tasks are played',
    /0005\.json plan\.terms\.planned/,
    (commits) => {
      replan(commits, ({ terms }) => Object.assign(terms, { planned: 10 }));
      rescore(commits, ({ pairs, options }) => {
        pairs.splice(10);
        Object.assign(options, { planned: 10, rollouts: 20 });
      });
    },
  ],
  [
    'fewer trials than the look announced',
    /0006\.json gate\.pairs, trials/,
    (commits) => replan(commits, (plan) => Object.assign(plan, { trials: 4 })),
  ],
  [
    'a look and a release of another harness',
    /0005\.json child\.harness[\s\S]*0006\.json child\.harness/,
    misled(5, 6),
  ],
  ['a change of keys on another harness', /0008\.json child\.harness/, misled(8)],
  [
    'a kept edit that the next one does not build on',
    /0004\.json parent\.harness/,
    (commits) => {
      const { gate, verdict } = statementIn(commits, 1).predicate;
      rewrite(commits, 3, ({ predicate }) => Object.assign(predicate, { gate, verdict }));
    },
  ],
  [
    'a rollback to what was not released',
    /0010\.json child\.harness/,
    (commits) => append(commits, next, (statement) => become(statement, { kind: 'rollback', version: 'v1' })),
  ],
  ['a version in force that was never released', /0007\.json child\.harness: .*as v3/, versioned(7, 'v3')],
  ['a version that is not the next one', /0006\.json version: expected v1, found v9/, versioned(6, 'v9')],
  ['a release without a version', /0006\.json version: expected v1, found None/, versioned(6, null)],
  [
    'a version that did not win',
    /0006\.json version: expected None, found v1/,
    (commits) =>
      rescore(commits, ({ pairs }) => {
        for (const pair of pairs as { before: number[]; after: number[] }[]) pair.after = pair.before;
      }),
  ],
  [
    'a kind that there is not',
    /0006\.json kind, gate\.stage: .*candidat/,
    (commits) => rewrite(commits, 6, ({ predicate }) => Object.assign(predicate, { kind: 'candidat' })),
  ],
  [
    'an edit kept by the rule of an audit',
    /0001\.json kind, gate\.stage: .*audit/,
    (commits) =>
      rewrite(commits, 1, (statement) => {
        const gate = { stage: 'audit', pairs: gateOf(statement).pairs, options: { version: 'v1', against: 'start' } };
        const verdict = { ...recompute(gate as unknown as GateRecord) };
        Object.assign(statement.predicate, { gate, verdict });
      }),
  ],
  [
    'a record of another environment',
    /0009\.json prev, env/,
    (commits) =>
      rewrite(commits, 9, (statement) => {
        statement.predicate.env = 'other';
        for (const file of statement.subject) file.name = file.name.replace('/shop/', '/other/');
      }),
  ],
];

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe.skipIf(!canVerify)('the verifier in Python finds, signed by a trusted key,', () => {
  it.each(forgeries)('%s', (_what, says, forge) => {
    const commits = copyOf(shown.story);
    forge(commits);
    reseal(commits, (seq) => (seq < 10 ? rightful(seq) : next));
    const folder = bundleOf(commits, shown.first);
    const { status, stdout, stderr } = audited(folder, '--trust', join(folder, 'trust.json'));
    expect([status, stdout, stderr]).toEqual([6, expect.stringMatching(says), '']);
    expect(stdout).not.toMatch(/ (?:sig|keyid|signature|end of the chain):/);
  });
});

describe.skipIf(!canVerify)('the verifier in Python', () => {
  it('raises no alarm after edits by hand, merges, releases, applications and rollbacks', async () => {
    const shop = await told();
    const { dir, repository } = shop;
    const night = async (run: string) => {
      const ledger = await openLedger(repository, 'shop', ringOf(next));
      await startNight(ledger, { workTree: workTreeOf(dir), run, who, time: nextTime(), adopt: true });
      await keep(ledger, `kept-in-${run}`, run);
      return ledger;
    };
    put(dir, 'harness/shop/harness.yaml', 'version: 1 # by hand\n');
    await release(await night('night-3'), 'v2', 'night-3', 0.02);
    userGit(dir, 'checkout', '-q', '--', 'harness');
    await applyRelease(repository, 'shop', stepWith(next));
    put(dir, 'README.md', 'more\n');
    userGit(dir, 'commit', '-qam', 'more');
    await night('night-4');
    await rollback(repository, 'shop', 'v1', stepWith(next));
    await applyRelease(repository, 'shop', stepWith(next));
    await release(await night('night-5'), 'v3', 'night-5', 0.02);
    expect((await verifyRepository(repository, { trust })).issues).toEqual([]);
    const { story, first } = await tell(shop);
    const folder = bundleOf(story, first);
    const { status, stdout } = audited(folder, '--trust', join(folder, 'trust.json'));
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^V2: 2\d decisions, every one agrees/)]);
  });

  it('takes the keys by --trust=FILE too, and no argument that it does not know', () => {
    const folder = bundleOf(shown.story, shown.first);
    const file = join(folder, 'trust.json');
    expect(audited(folder, `--trust=${file}`)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^V2: /) });
    for (const args of [['--trust'], ['-trust', file], ['--keys', file], ['--tru', file], [file], ['--trust=']]) {
      const { status, stdout, stderr } = audited(folder, ...args);
      expect([args, status]).toEqual([args, 2]);
      expect(stdout).not.toMatch(/agrees/);
      expect(lines(stderr).length).toBeLessThan(2);
    }
  });

  it('tells of files that are nested too deeply, or are something else, without a trace of its own', () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    const cases: readonly (readonly [string, string, number])[] = [
      ['records/0003.json', deep, 6],
      ['records/0003.json', '[]', 6],
      ['records/0009.sig', deep, 6],
      ['records/0009.sig', '{"signatures": []}', 6],
      ['records/0009.sig', '7', 6],
      ['start.json', deep, 2],
      ['trust.json', deep, 2],
      ['trust.json', '{"keys": 7}', 2],
    ];
    for (const [name, text, code] of cases) {
      const folder = bundleOf(shown.story, shown.first);
      writeFileSync(join(folder, name), text);
      const { status, stdout, stderr } = audited(folder, '--trust', join(folder, 'trust.json'));
      expect([name, status, stderr]).toEqual([name, code, '']);
      expect(stdout).toMatch(code === 6 ? /^ALTERED / : /^V2: \d+ decisions, could not check: /);
    }
  });

  it('says in one line what a record holds, whatever that is', () => {
    const commits = copyOf(shown.story);
    rewrite(commits, 9, ({ predicate }) => {
      predicate.parent.harness = 'x\nV1: 9 decisions, every one agrees \u001b[2J\ud800';
    });
    const { status, stdout, stderr } = audited(bundleOf(commits, shown.first));
    expect([status, stderr]).toEqual([6, '']);
    expect(lines(stdout).filter((line) => !/^(?:ALTERED|V1|not covered)/.test(line))).toEqual([]);
    expect(stdout).not.toMatch(/^V1: .* agrees/m);
    expect(stdout).not.toContain('\u001b');
  });

  it('goes by the number of a record: 10000 comes after 9999', () => {
    const folder = bundleOf(shown.story, shown.first);
    const last = readFileSync(join(folder, 'records/0009.json'), 'utf8');
    const { subject, predicate, ...rest } = JSON.parse(last) as Draft;
    let prev = sha256(last);
    const parent = { harness: predicate.child.harness, commit: null };
    const { gate: _, verdict: __, changes: ___, ...common } = predicate;
    for (let seq = 10; seq <= 10_001; seq++) {
      const text = canonicalText({ ...rest, subject, predicate: { ...common, kind: 'note', parent, seq, prev } });
      writeFileSync(join(folder, 'records', `${String(seq).padStart(4, '0')}.json`), text);
      prev = sha256(text);
    }
    const start = join(folder, 'start.json');
    writeFileSync(start, JSON.stringify({ ...JSON.parse(readFileSync(start, 'utf8')), head: prev }));
    const { status, stdout } = audited(folder);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^V1: 10001 decisions, every one agrees/)]);
  });
});
