/**
 * A night on retail through the command line: what it prints, what it leaves in git, and how the
 * next one goes on.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { AnyFields } from '../../src/ledger/any-fields.fixture.ts';
import {
  decisionsOf,
  eventsOf,
  git,
  type Outcome,
  optimize,
  read,
  refsOf,
  retailRepository,
  runsOf,
  summaryOf,
  timeless,
} from './cli.ts';

const NIGHT = '--env retail --tasks 160 --budget 3 --json';
const DOCUMENTED = [
  ...['type', 'env', 'agent', 'simulated', 'seed', 'baseline', 'released', 'candidates', 'kept', 'rejected'],
  ...['rollouts', 'voids', 'usd', 'seconds'],
];

/** One name for what was tried and for the state of what it touches. */
const questionOf = ({ keys, touched = [] }: AnyFields): string =>
  JSON.stringify([[...(keys as string[])].sort(), touched.map(({ id, before }) => [id, before])]);

describe('a night', () => {
  let repository: string;
  let night: Outcome;
  beforeAll(async () => {
    repository = retailRepository();
    night = await optimize(repository, NIGHT);
  });

  it('ends with exit code 0 for a release and 3 for none, as its summary says', () => {
    const { released, exitCode } = summaryOf(night);
    expect(night.code).toBe(released === null ? 3 : 0);
    expect(exitCode).toBe(night.code);
  });

  it('prints the documented summary as the last line, fields in order', () => {
    const line = night.stdout.trimEnd().split('\n').at(-1) ?? '';
    const summary = summaryOf(night);
    expect(line.startsWith('{"type":"summary","env":"retail","agent":"sim:medium","simulated":true,"seed":1,')).toBe(
      true,
    );
    expect(Object.keys(summary).slice(0, DOCUMENTED.length)).toEqual(DOCUMENTED);
    expect(Object.keys(summary).slice(DOCUMENTED.length)).toEqual([
      'run',
      'night',
      'repeated',
      'usage',
      'proposerCalls',
      'lost',
      'notes',
      'notice',
      'unproven',
      'outcome',
      'command',
      'signer',
      'exitCode',
    ]);
    expect(Object.keys(summary.baseline)).toEqual(['score', 'low', 'high', 'tasks']);
    if (summary.released !== null)
      expect(Object.keys(summary.released).sort()).toEqual(
        [
          ...['version', 'commit', 'score', 'low', 'high', 'tasks', 'effect', 'effectLow', 'effectHigh'],
          ...['test', 'statistic', 'alpha'],
        ].sort(),
      );
    for (const score of [summary.baseline, summary.released ?? summary.baseline]) {
      expect(score.low).toBeGreaterThanOrEqual(0);
      expect(score.low).toBeLessThanOrEqual(score.score);
      expect(score.score).toBeLessThanOrEqual(score.high);
      expect(score.high).toBeLessThanOrEqual(1);
    }
  });

  it('writes compact JSON lines to stdout and what a person watches to stderr', () => {
    const lines = night.stdout.trimEnd().split('\n');
    for (const line of lines) expect(JSON.stringify(JSON.parse(line))).toBe(line);
    expect(eventsOf(night)[0]?.type).toBe('start');
    expect(night.stderr).toMatch(/SIMULATED/);
    expect(night.stderr).toMatch(/baseline: 40 dev tasks/);
    expect(night.stderr).not.toMatch(/^\{/m);
  });

  it('counts every candidate once: kept or rejected', () => {
    const { candidates, kept, rejected } = summaryOf(night);
    const decided = decisionsOf(repository, 'retail').filter(({ kind }) => kind === 'candidate');
    const all = kept + Object.values(rejected).reduce((sum, count) => sum + count, 0);
    expect(decided).toHaveLength(all);
    expect(decided.filter(({ gate }) => gate !== undefined)).toHaveLength(candidates);
    expect(candidates).toBeLessThanOrEqual(3);
  });

  it('leaves the branch and the tag of its release, and touches no other ref', () => {
    const { released } = summaryOf(night);
    expect(released?.version).toBe('v1');
    const names = refsOf(repository)
      .split('\n')
      .map((line) => line.split(' ')[1]);
    expect(names).toEqual(['refs/heads/main', 'refs/heads/optimize/retail', 'refs/tags/harness/retail/v1']);
    expect(git(repository, 'rev-parse', 'harness/retail/v1^{commit}')).toBe(released?.commit);
    expect(git(repository, 'merge-base', '--is-ancestor', released?.commit ?? '', 'optimize/retail')).toBe('');
  });

  it('commits each kept change together with its evidence', () => {
    const commits = git(repository, 'rev-list', 'main..optimize/retail').split('\n');
    for (const commit of commits) {
      const paths = git(repository, 'show', '--format=', '--name-only', commit).split('\n');
      expect(paths.some((path) => /^runs\/retail-0001\/decisions\/\d{4}\.json$/.test(path))).toBe(true);
      expect(paths.every((path) => path.startsWith('harness/retail/') || path.startsWith('runs/'))).toBe(true);
    }
    const events = eventsOf(night).flatMap((event) => (event.type === 'decision' ? [event] : []));
    const decisions = decisionsOf(repository, 'retail');
    // What it runs under and the opening of its look have no verdict; the last one holds the digest
    // of what was played.
    expect(decisions.flatMap(({ kind }) => (['candidate', 'release'].includes(kind) ? [] : [kind]))).toEqual([
      'settings',
      'look',
      'note',
    ]);
    const judged = decisions.filter(({ kind }) => kind === 'candidate' || kind === 'release');
    expect(judged.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq));
    expect(judged.map(({ verdict }) => verdict)).toEqual(events.map(({ verdict }) => verdict));
    expect(decisions.at(-1)).toMatchObject({ kind: 'note', artifacts: [{ name: 'rollouts.jsonl' }] });
    for (const { kind, causes, form, verdict } of decisions)
      if (kind === 'candidate' && form !== 'prune' && verdict?.decision === 'accepted')
        expect(causes?.length).toBeGreaterThan(0);
  });

  it('writes a morning page that names the simulated agent and the next command', () => {
    const page = read(repository, `runs/${summaryOf(night).run}/report.md`);
    expect(page).toMatch(/SIMULATED agent sim:medium/);
    expect(page).toMatch(/optimize apply --env retail/);
    expect(page).toMatch(/## Learnt/);
  });

  it('is equal in a fresh repository with the same seed, times apart', async () => {
    const fresh = retailRepository();
    await optimize(fresh, `${NIGHT} --concurrency 3`);
    expect(timeless(decisionsOf(fresh, 'retail'))).toEqual(timeless(decisionsOf(repository, 'retail')));
    expect(git(fresh, 'rev-parse', 'optimize/retail:harness')).toBe(
      git(repository, 'rev-parse', 'optimize/retail:harness'),
    );
  });

  it('goes on in a second night and asks no question twice', async () => {
    const tip = git(repository, 'rev-parse', 'optimize/retail');
    const second = await optimize(repository, NIGHT);
    expect([0, 3]).toContain(second.code);
    expect(summaryOf(second).night).toBe(2);
    expect(runsOf(repository)).toEqual(['retail-0001', 'retail-0002']);
    expect(git(repository, 'merge-base', '--is-ancestor', tip, 'optimize/retail')).toBe('');
    const start = eventsOf(second)[0];
    expect(start?.type === 'start' && start.harness).toBe(
      decisionsOf(repository, 'retail').findLast(({ run }) => run === 'retail-0001')?.child.harness,
    );
    const questions = decisionsOf(repository, 'retail')
      .filter(({ kind }) => kind === 'candidate')
      .map(questionOf);
    expect(new Set(questions).size).toBe(questions.length);
  });
});
