/**
 * Runs commands one after another in one process: starting the program for each of them costs more
 * than most commands do. `cli.ts` talks to it; `E2E=all` does without it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {{ id: number, dir: string, argv: string[], env: Record<string, string> }} Asked */

const cli = /** @type {string} */ (process.argv[2]);
for (const stream of [process, process.stdout, process.stderr]) stream.setMaxListeners(0);

/** Modules by path with their content: Node never reads one twice. */
const loaded = new Map();
const isModule = /\.(?:js|mjs|cjs|ts|mts|cts|json)$/;

function repositoryOf(dir) {
  for (let at = dir; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return dir;
  }
}

/** Modules that this process may have loaded, and that are others now. */
function isStale(dir) {
  const top = repositoryOf(dir);
  const linked = String(existsSync(join(top, 'node_modules', 'harness-optimizer')));
  let stale = false;
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (['.git', 'node_modules', 'runs'].includes(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      if (!entry.isFile() || !isModule.test(entry.name)) continue;
      const digest = createHash('sha256').update(linked).update(readFileSync(path)).digest('hex');
      if ((loaded.get(path) ?? digest) !== digest) stale = true;
      loaded.set(path, digest);
    }
  };
  walk(top);
  return stale;
}

let commands = 0;

/** @param {Asked} asked */
async function run({ id, dir, argv, env }) {
  let stale = true;
  try {
    stale = isStale(dir);
  } catch {
    // A folder that cannot be read is a matter for a process of its own.
  }
  if (stale) return { id, stale: true };
  const text = { stdout: '', stderr: '' };
  const own = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of /** @type {const} */ (['stdout', 'stderr']))
    process[name].write = (chunk, encoding, done) => {
      text[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      const told = typeof encoding === 'function' ? encoding : done;
      if (told !== undefined) queueMicrotask(() => told());
      return true;
    };
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv = [process.execPath, cli, ...argv];
  process.exitCode = undefined;
  process.chdir(dir);
  let code = 1;
  try {
    await import(`${pathToFileURL(cli).href}?command=${++commands}`);
    code = Number(process.exitCode ?? 0);
  } catch (error) {
    text.stderr += `${error instanceof Error ? error.stack : error}\n`;
  } finally {
    Object.assign(process.stdout, { write: own.stdout });
    Object.assign(process.stderr, { write: own.stderr });
    process.exitCode = undefined;
    process.chdir(dirname(cli));
  }
  return { id, code, ...text };
}

let turn = Promise.resolve();
process.on('message', (asked) => {
  turn = turn.then(async () => {
    const answer = await run(/** @type {Asked} */ (asked));
    process.send?.(answer);
  });
});
process.on('disconnect', () => process.exit(0));
