/** Which git this is, and the hooks that a repository's own settings name. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UsageError } from '../../errors.ts';

const run = promisify(execFile);

/** The first git that reads GIT_CONFIG_GLOBAL, by which a user's settings are left out. */
const OLDEST = [2, 32] as const;
/** The first git that runs commands named in settings as hooks (git-scm.com/docs/git-hook). */
const HOOKS_IN_CONFIG = [2, 54] as const;

type Version = readonly [major: number, minor: number];

/** Null for a text without a version. */
export function versionIn(text: string): Version | null {
  const found = /\bversion (\d+)\.(\d+)/.exec(text);
  return found === null ? null : [Number(found[1]), Number(found[2])];
}

export const isOlder = ([major, minor]: Version, than: Version): boolean =>
  major < than[0] || (major === than[0] && minor < than[1]);

/** Throws UsageError for a git that could run code of a repository or of the user's settings. */
export function assertSafe(text: string): Version {
  const version = versionIn(text);
  if (version === null) throw new UsageError(`expected a version from git, got "${text.trim().slice(0, 80)}"`);
  if (isOlder(version, OLDEST))
    throw new UsageError(
      `expected git ${OLDEST.join('.')} or newer, found ${version.join('.')}: it cannot be kept from running what settings name; install a newer git`,
    );
  return version;
}

let known: Promise<Version> | null = null;

/** Asked once per process. */
const version = (env: NodeJS.ProcessEnv): Promise<Version> => {
  known ??= run('git', ['version'], { env }).then(
    ({ stdout }) => assertSafe(stdout),
    (cause: Error) => Promise.reject(cause instanceof UsageError ? cause : noGit(cause)),
  );
  return known;
};

const noGit = (cause: Error) => new UsageError(`git could not be run (${cause.message}); install git`, { cause });

const hooks = new Map<string, Promise<Record<string, string>>>();

/**
 * Variables that switch off every hook that the settings of a repository name, for one git command
 * there. Reading settings runs nothing.
 */
export async function withoutConfiguredHooks(dir: string, env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  if (isOlder(await version(env), HOOKS_IN_CONFIG)) return {};
  let found = hooks.get(dir);
  if (found === undefined) {
    const args = ['config', '--null', '--name-only', '--get-regexp', '^hook\\.'];
    found = run('git', args, { cwd: dir, env }).then(
      ({ stdout }) => switchedOff(stdout),
      () => ({}),
    );
    hooks.set(dir, found);
  }
  return found;
}

/** `names`: keys such as `hook.linter.command`, each ended by a zero byte. */
export function switchedOff(names: string): Record<string, string> {
  const found = new Set(names.split('\0').flatMap((key) => /^hook\.([\s\S]+)\.[^.]+$/i.exec(key)?.[1] ?? []));
  const off = [...found].map((name, at) => [
    [`GIT_CONFIG_KEY_${at}`, `hook.${name}.enabled`],
    [`GIT_CONFIG_VALUE_${at}`, 'false'],
  ]);
  return { GIT_CONFIG_COUNT: String(found.size), ...Object.fromEntries(off.flat()) };
}
