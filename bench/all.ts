/**
 * Every long measurement, one after another: `npx jiti bench/all.ts [--only NAME[,NAME]] [--list]`.
 * What ended well for this commit is not measured again, so the same command goes on after a stop.
 * Times and whole outputs are kept in `bench-results/`, which git ignores.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDigest, printTable, text } from './rows.ts';
import { projectRoot } from './temporary.ts';

interface Measurement {
  readonly name: string;
  /** What it answers. */
  readonly about: string;
  readonly command: string;
  /** On two idle cores, roughly; the table shows what it took. */
  readonly minutes: number;
}

const vitest = (flags: string, file: string): string => `${flags} npx vitest run ${file}`;

const MEASUREMENTS: readonly Measurement[] = [
  {
    name: 'nights',
    about: 'default nights, lift on fresh tasks',
    command: 'npx jiti bench/nights.ts --seeds 20',
    minutes: 15,
  },
  { name: 'try', about: 'useless edits, given by hand', command: 'npx jiti bench/try.ts --edits 20', minutes: 4 },
  { name: 'null', about: 'useless edits', command: 'npx jiti bench/null.ts --seeds 20', minutes: 20 },
  { name: 'harmful', about: 'harmful edits', command: 'npx jiti bench/harmful.ts --seeds 20', minutes: 15 },
  {
    name: 'planted',
    about: 'planted fixes of known worth',
    command: 'npx jiti bench/planted.ts --seeds 20',
    minutes: 40,
  },
  {
    name: 'attribution',
    about: 'diagnosis of planted faults',
    command: 'npx jiti bench/attribution.ts --runs 200',
    minutes: 5,
  },
  {
    name: 'gate',
    about: 'the gate in simulated years, beside other rules',
    command: 'npm run -s bench:gate',
    minutes: 5,
  },
  {
    name: 'order',
    about: 'neutral edits where place, count or clock decide',
    command: 'npx jiti bench/order.ts',
    minutes: 5,
  },
  {
    name: 'kills',
    about: 'nights killed at named points and at random',
    command: 'npx jiti bench/kills.ts',
    minutes: 90,
  },
  {
    name: 'gateway',
    about: 'recorded episodes through the gateway, beside `run`',
    command: 'npx jiti bench/gateway.ts',
    minutes: 4,
  },
  { name: 'traces', about: '100,000 steps imported and filtered', command: 'npx jiti bench/traces.ts', minutes: 1 },
  {
    name: 'clients',
    about: 'published client libraries through the gateway',
    command: 'npx jiti bench/clients/run.ts',
    minutes: 8,
  },
  { name: 'child', about: 'overhead of a process of its own', command: 'npx jiti bench/child.ts', minutes: 1 },
  {
    name: 'hostile',
    about: 'environments that would harm the process that plays',
    command: vitest('HOSTILE=all', 'src/environments/child/hostile.test.ts'),
    minutes: 1,
  },
  { name: 'overhead', about: 'engine overhead per rollout', command: 'npx jiti bench/overhead.ts', minutes: 5 },
  {
    name: 'lookups',
    about: 'look-ups of new items on public tickets',
    command: 'npx jiti bench/lookups.ts',
    minutes: 1,
  },
  { name: 'verdict', about: 'time of one verdict on a large panel', command: 'npx jiti bench/verdict.ts', minutes: 1 },
  {
    name: 'evidence',
    about: 'size of the evidence, time that git takes',
    command: 'npx jiti bench/evidence.ts',
    minutes: 3,
  },
  { name: 'verify', about: 'a long history verified', command: 'npx jiti bench/verify.ts', minutes: 10 },
  {
    name: 'tests',
    about: 'all tests, each command a process of its own',
    command: vitest('E2E=all FAULTS=all', ''),
    minutes: 12,
  },
  {
    name: 'looks',
    about: 'error rate of a look',
    command: vitest('LOOKS=2000', 'src/gate/error-rate.test.ts'),
    minutes: 1,
  },
  {
    name: 'seeds',
    about: 'generated tasks of ten seeds',
    command: vitest('SEEDS=10', 'src/environments/retail/generate/tasks.test.ts'),
    minutes: 1,
  },
  {
    name: 'vectors',
    about: 'all recorded sequences of the public benchmark',
    command: vitest('VECTORS=all', 'src/environments/vectors.test.ts'),
    minutes: 1,
  },
  {
    name: 'pairs',
    about: 'pairs of edits against protected text',
    command: vitest('PAIRS=10000', 'src/proposal/protected.test.ts'),
    minutes: 2,
  },
  {
    name: 'histories',
    about: 'random histories, verified and asked',
    command: vitest('HISTORIES=1000', 'src/ledger/branch/histories.test.ts'),
    minutes: 10,
  },
  {
    name: 'malformed replies',
    about: 'no crash, no score, a file that replays',
    command: vitest('REPLIES=10000', 'src/models/malformed.test.ts'),
    minutes: 4,
  },
  {
    name: 'flips',
    about: 'every byte of 20 decisions changed',
    command: vitest('FLIPS=all', 'src/ledger/verify/flips.test.ts'),
    minutes: 20,
  },
  {
    name: 'auditor',
    about: 'every forgery, by the verifier in Python',
    command: vitest('AUDITOR=all', 'src/ledger/verify/auditor'),
    minutes: 3,
  },
];

interface Result {
  readonly name: string;
  readonly commit: string;
  readonly command: string;
  readonly code: number | null;
  readonly seconds: number;
  /** Last line that it printed. */
  readonly last: string;
}

const folder = join(projectRoot, 'bench-results');
const path = join(folder, 'results.jsonl');
const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** The commit, and the digest of the build where the work tree holds something else. */
function commitNow(): string {
  const commit = git('rev-parse', '--short=12', 'HEAD');
  return git('status', '--porcelain', '--untracked-files=no') === ''
    ? commit
    : `${commit} with changes, ${buildDigest()}`;
}

const known = (): Result[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Result)
    : [];

const duration = (seconds: number): string => {
  const minutes = Math.round(seconds / 60);
  return minutes < 1 ? `${Math.round(seconds)} s` : minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
};

/** Passes everything on to the terminal and keeps it. */
function measure({ name, command }: Measurement, commit: string): Result {
  process.stderr.write(`\n${name}: ${command}\n`);
  const began = performance.now();
  const { status, stdout } = spawnSync('bash', ['-c', `set -o pipefail; ${command} 2>&1 | tee /dev/stderr`], {
    cwd: projectRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  writeFileSync(join(folder, `${name}.txt`), stdout);
  const result = { name, commit, command, code: status, seconds, last: stdout.trimEnd().split('\n').at(-1) ?? '' };
  appendFileSync(path, `${JSON.stringify(result)}\n`);
  return result;
}

const only = text('only')?.split(',');
const unknown = only?.filter((name) => !MEASUREMENTS.some((one) => one.name === name)) ?? [];
if (unknown.length > 0) {
  const names = MEASUREMENTS.map(({ name }) => name).join(', ');
  process.stderr.write(`bench/all: there is no measurement ${unknown.join(', ')}; expected one of ${names}\n`);
  process.exit(2);
}
const chosen = MEASUREMENTS.filter(({ name }) => only === undefined || only.includes(name));
mkdirSync(folder, { recursive: true });
const commit = commitNow();
const done = new Map(
  known()
    .filter((one) => one.commit === commit && one.code === 0)
    .map((one) => [one.name, one]),
);
if (!process.argv.includes('--list'))
  for (const one of chosen) {
    const result = done.get(one.name) ?? measure(one, commit);
    done.set(one.name, result);
  }
const sum = chosen.reduce((total, { minutes }) => total + minutes, 0);
process.stdout.write(`\ncommit ${commit}; about ${duration(sum * 60)} on two idle cores\n\n`);
printTable(
  ['measurement', 'what', 'expected', 'took', 'exit', 'command'],
  chosen.map(({ name, about, minutes, command }) => {
    const result = done.get(name);
    const [took, code] = result ? [duration(result.seconds), String(result.code)] : ['not yet', ''];
    return [name, about, duration(minutes * 60), took, code, command];
  }),
);
process.exitCode = chosen.every(({ name }) => (done.get(name)?.code ?? 0) === 0) ? 0 : 1;
