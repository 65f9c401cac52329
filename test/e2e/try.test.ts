/** Edits that people give, as a pull request's check tries them: exit codes, records, summary. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrySummary } from '../../src/try-edit.ts';
import {
  copyOf,
  decisionsOf,
  eventsOf,
  git,
  newFolder,
  type Outcome,
  optimize,
  read,
  shopRepository,
  write,
} from './cli.ts';

const REALIZATION = 'realization:\n  rescue: true\n  repair: true\n  rename: true\n';
const FORMAT = 'formats:\n  - {argument: parcel_id, pattern: "^#[0-9]+$", repair: {prefix: "#"}}\n';
const clause = (id: string, rest: string) => `clauses:\n  - {id: ${id}, tools: [send_parcel], ${rest}}\n`;

let dir: string;
const step = join(newFolder(), 'step.md');

/** A branch of the first commit that holds these files beside what is there. */
function branch(name: string, files: Readonly<Record<string, string>>): void {
  git(dir, 'checkout', '-q', '-b', name, 'main');
  write(dir, files);
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '-m', name);
  git(dir, 'checkout', '-q', 'main');
}

const attempt = (change: string, where = dir): Promise<Outcome> =>
  optimize(where, `try ${change} --env my-shop --tasks 200 --json`, { env: { GITHUB_STEP_SUMMARY: step } });
const summaryOf = (outcome: Outcome): TrySummary => eventsOf(outcome).at(-1) as TrySummary;

beforeAll(async () => {
  dir = await shopRepository();
  const settings = read(dir, 'harness/my-shop/harness.yaml');
  branch('good', {
    'harness/my-shop/harness.yaml': settings + REALIZATION,
    'harness/my-shop/contract.yaml': FORMAT,
    'evals/my-shop/environment.js': 'throw new Error("run");\n',
  });
  branch('useless', { 'harness/my-shop/contract.yaml': clause('typeface', 'say: The lines below follow one layout.') });
  branch('harmful', {
    'harness/my-shop/contract.yaml': clause(
      'hurts',
      'say: Do not use the tool send_parcel; write the call as text in your message.',
    ),
  });
  branch('wider', { 'harness/my-shop/harness.yaml': `${settings}editable: [policy.md]\n` });
  branch('broken', { 'harness/my-shop/contract.yaml': 'clauses: [{id: A}]\n' });
  branch('large', {
    'harness/my-shop/skills/long/SKILL.md': `---\nname: long\ndescription: All.\n---\n\n${'Read it again.\n'.repeat(50)}`,
  });
  branch('elsewhere', { 'README.md': 'Ours.\n' });
});

describe('optimize try', () => {
  it('tells an edit that hurts by its exit code', async () => {
    const outcome = await attempt('harmful', copyOf(dir));
    expect(summaryOf(outcome)).toMatchObject({ decision: 'worse', kept: 0, effect: { split: 'dev' } });
    expect(outcome.code).toBe(4);
  });

  it('releases what the sealed tasks certify, on the environment of the base', async () => {
    const outcome = await attempt('good');
    const summary = summaryOf(outcome);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(summary).toMatchObject({ type: 'summary', decision: 'released', released: { version: 'v1' }, exitCode: 0 });
    expect(summary.unused).toEqual(['evals/my-shop/environment.js']);
    expect(outcome.stderr).toContain('not used, those of the checked-out commit are: evals/my-shop/environment.js');
    const kept = decisionsOf(dir, 'my-shop').findLast(({ kind }) => kind === 'candidate');
    expect(kept).toMatchObject({
      edits: [{ proposer: 'person' }],
      who: { operator: 'try' },
      verdict: { decision: 'accepted' },
    });
    expect(git(dir, 'tag')).toBe('harness/my-shop/v1');
    expect(readFileSync(step, 'utf8')).toContain('released as v1, SIMULATED');
  });

  it('certifies nothing of an edit that does nothing, and does not try it again', async () => {
    const [first, second] = [await attempt('useless'), await attempt('useless')];
    expect([first.code, second.code]).toEqual([3, 3]);
    expect(summaryOf(first)).toMatchObject({
      decision: 'not_better',
      released: null,
      effect: { split: 'dev', mean: 0 },
    });
    expect(summaryOf(second)).toMatchObject({ decision: 'tried_before', candidates: 0 });
    // The branch is ahead of nothing, and the look of the release is the only one.
    expect(decisionsOf(dir, 'my-shop').filter(({ kind }) => kind === 'look')).toHaveLength(1);
  });

  it('refuses by check, and records, what loosens', async () => {
    const outcome = await attempt('wider');
    expect(outcome.code).toBe(3);
    expect(summaryOf(outcome)).toMatchObject({ decision: 'refused', check: 'policy', candidates: 0 });
    const [last] = decisionsOf(dir, 'my-shop')
      .filter(({ kind }) => kind === 'candidate')
      .slice(-1);
    expect(last).toMatchObject({
      verdict: { stage: 'check', reason: 'policy' },
      edits: [{ ops: [{ op: 'text.replace' }] }],
    });
  });

  it.each([
    ['broken', 'expected'],
    ['large', 'expected at most 40 changed lines'],
    ['elsewhere', 'README.md cannot be tried'],
    ['nowhere', 'is no file here'],
    ['main', 'check out the base'],
  ])('refuses %s before it plays anything', async (change, why) => {
    const before = git(dir, 'rev-parse', 'optimize/my-shop');
    const outcome = await attempt(change);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain(why);
    expect(git(dir, 'rev-parse', 'optimize/my-shop')).toBe(before);
  });

  it('leaves records that verify, and nights that play again', async () => {
    expect((await optimize(dir, 'verify --env my-shop')).code).toBe(0);
    expect((await optimize(dir, 'replay my-shop-0001')).code).toBe(0);
  });
});
