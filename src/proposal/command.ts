/** Any program as a proposer: it gets a folder, and what it writes there becomes edits. */
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../digest.ts';
import { opsBetween } from '../edit/between.ts';
import { checkBounds } from '../edit/edits.ts';
import { editBounds } from '../edit/measure.ts';
import { applyPatch, MOST_PATCH } from '../edit/patch.ts';
import { endFamily, newFamily } from '../environments/child/family.ts';
import { childVariables } from '../environments/child/variables.ts';
import { closeScratch, openScratch, sweepScratch } from '../environments/scratch.ts';
import { readHarnessFolder } from '../harness/load.ts';
import { compactTrace } from '../traces/compact.ts';
import type { HarnessFiles } from '../types.ts';
import type { ProposedEdit, Proposer, ProposerContext } from './proposer.ts';

/** Name of such a proposer, and what `--proposer` puts before the command line. */
export const COMMAND = 'command';
/** Most patches that are read. */
const MOST_PATCHES = 50;
/** Bytes of stderr that are kept, for the reason of a failure. */
const SAID = 2000;

/**
 * `line` is a command line of the shell. Its working folder, also in `OPTIMIZE_PROPOSAL`, holds
 * `harness/` (edit it in place), `failures.jsonl`, `traces/<id>.txt`, `refused.txt` and
 * `task.json`. In place of editing it may write `patch.diff`, or `patches/*.diff`, one edit each.
 * It gets no variable that may hold a secret. It and all that it started end when it ends, when its
 * time is over, and when the night ends.
 */
export const commandProposer = (line: string): Proposer => ({
  name: COMMAND,
  digest: sha256(line),
  async propose(context) {
    // What a killed night left.
    sweepScratch();
    const folder = openScratch('proposal');
    try {
      writeAll(folder, filesFor(context));
      await runGroup(line, folder, context);
      return proposalIn(folder, context);
    } finally {
      closeScratch(folder);
    }
  },
});

function filesFor({
  harness,
  tasks,
  traces,
  diagnoses,
  tried,
  found,
  environment,
  round,
  budget,
  seed,
}: ProposerContext) {
  const requests = new Map(tasks.map(({ id, request }) => [id, request]));
  const failures = diagnoses.map((one) => JSON.stringify({ ...one, request: requests.get(one.task) ?? null }));
  const tools = environment.tools.map(({ name, description, parameters, readOnly }) => ({
    name,
    description,
    parameters,
    readOnly,
  }));
  const task = { env: environment.name, round, seed, budget, bounds: editBounds, found, tools };
  return new Map([
    ...[...harness.files].map(([path, text]) => [`harness/${path}`, text] as const),
    ...traces.map((trace) => [`traces/${trace.id}.txt`, `${compactTrace(trace)}\n`] as const),
    ['failures.jsonl', failures.map((row) => `${row}\n`).join('')],
    ['refused.txt', tried.map((words) => `${words.replace(/\s+/g, ' ')}\n`).join('')],
    ['task.json', `${JSON.stringify(task, null, 1)}\n`],
  ]);
}

function writeAll(folder: string, files: HarnessFiles): void {
  mkdirSync(join(folder, 'harness'));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function variablesFor(folder: string, { environment, round }: ProposerContext): Record<string, string> {
  return {
    ...childVariables(process.env),
    OPTIMIZE_PROPOSAL: folder,
    OPTIMIZE_ENV: environment.name,
    OPTIMIZE_ROUND: String(round),
  };
}

/** Throws with the last words of stderr unless it ends with 0. */
function runGroup(line: string, folder: string, context: ProposerContext): Promise<void> {
  const { signal } = context;
  signal.throwIfAborted();
  const { mark, variables } = newFamily(variablesFor(folder, context));
  const child = spawn(line, {
    cwd: folder,
    env: variables,
    shell: true,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = () => endFamily(child.pid, mark);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID);
  });
  signal.addEventListener('abort', kill, { once: true });
  process.once('exit', kill);
  return new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    // What it has started ends with it, and holds its stderr open until then.
    child.on('exit', kill);
    child.on('close', (code, by) => {
      const words = said.trim().split('\n').at(-1) ?? '';
      if (signal.aborted) reject(signal.reason);
      else if (code === 0) resolve();
      else reject(new Error(`${code === null ? `ended by ${by}` : `exit ${code}`}${words === '' ? '' : `: ${words}`}`));
    });
  }).finally(() => {
    signal.removeEventListener('abort', kill);
    process.removeListener('exit', kill);
  });
}

/** One edit for each patch; without any, one for the edited files. */
function proposalIn(folder: string, { harness }: ProposerContext) {
  const notes: string[] = [];
  const { env, files: before } = harness;
  const editFrom = (name: string, after: () => HarnessFiles): ProposedEdit[] => {
    try {
      const ops = opsBetween(env, before, after());
      const edit = { ops, hypothesis: '', addresses: [], predicts: { fixes: 0, risks: '' }, proposer: COMMAND };
      const tooLarge = ops.length > editBounds.ops ? checkBounds(before, edit) : null;
      if (tooLarge !== null) notes.push(`${COMMAND}: ${name} is left out: ${tooLarge}`);
      return ops.length === 0 || tooLarge !== null ? [] : [{ ops }];
    } catch (error) {
      notes.push(`${COMMAND}: ${name} is left out: ${(error as Error).message}`);
      return [];
    }
  };
  const patches = patchesIn(folder);
  const edits = patches.flatMap((name) =>
    editFrom(name, () => applyPatch(env, before, readPlainFile(join(folder, name))).files),
  );
  const own =
    patches.length > 0 ? [] : editFrom('the edited harness', () => readHarnessFolder(join(folder, 'harness')));
  return { edits: [...edits, ...own], notes };
}

function patchesIn(folder: string): string[] {
  const many = join(folder, 'patches');
  const names = existsSync(many)
    ? readdirSync(many)
        .filter((name) => name.endsWith('.diff'))
        .sort()
    : [];
  const one = existsSync(join(folder, 'patch.diff')) ? ['patch.diff'] : [];
  return [...one, ...names.map((name) => `patches/${name}`)].slice(0, MOST_PATCHES);
}

/** Through no link, which could lead out of the folder. */
function readPlainFile(path: string): string {
  const stat = lstatSync(path);
  if (!stat.isFile() || stat.size > MOST_PATCH) throw new Error('expected a plain file of at most 1 MB');
  return readFileSync(path, 'utf8');
}
