/**
 * Records the shipped night anew from its own replies, with no model, after a change of what records hold:
 * `npx jiti examples/03-real-night/record.ts && bash examples/03-real-night.sh`. It fails when a request has
 * changed, because the reply to it is missing: then only the real model can record the night.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileReplies, REPLIES, replayAgent } from '../../src/models/replies.ts';
import { readConfig } from '../../src/night/run.ts';
import { openEnvironment } from '../../src/open/environment.ts';
import type { NightSummary } from '../../src/report/events.ts';
import { runNight } from '../../src/run-night.ts';

const here = import.meta.dirname;
const shipped = join(here, 'retail-0001');
const config = readConfig(shipped);
if (config === null) throw new Error(`expected ${shipped}/config.json, found none; restore it`);
const { command } = JSON.parse(readFileSync(join(shipped, 'summary.json'), 'utf8')) as NightSummary;
const root = mkdtempSync(join(tmpdir(), 'real-night-'));
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
git('init', '-q', '-b', 'main');
git('fetch', '-q', '--no-tags', join(here, 'repository.bundle'), '+refs/heads/main:refs/heads/main', '--update-head-ok');
git('checkout', '-q', '-f', 'main');
// All replies stay, also those that a proposer's night alone asks for; a folder without a configuration is used.
const run = join(root, 'runs', 'retail-0001');
mkdirSync(run, { recursive: true });
copyFileSync(join(shipped, REPLIES), join(run, REPLIES));
const { budget, tasks, tags, concurrency, seed } = config.options;
const replayed = replayAgent(config.agent, fileReplies(join(shipped, REPLIES), { readOnly: true }));
const summary = await runNight({
  root,
  environment: await openEnvironment({ env: 'retail' }, root),
  agent: replayed,
  budget,
  tasks: tasks ?? undefined,
  tags,
  concurrency,
  seed,
  command,
});
execFileSync('bash', [join(here, 'pack.sh'), root, summary.run], { stdio: 'inherit' });
process.stdout.write(`${summary.outcome}\n`);
rmSync(root, { recursive: true, force: true });
