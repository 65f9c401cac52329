/** The only file that runs git: fixed sub-commands, its own environment, no repository code. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { GitPluginError, simpleGit } from 'simple-git';
import { InfrastructureError, UsageError, VerifyError } from '../../errors.ts';
import type { ObjectFormat } from './object-id.ts';
import { pidSpace, startOf } from './process.ts';
import { withoutConfiguredHooks } from './version.ts';

/** An opened repository; all paths are absolute. */
export interface Repository {
  readonly root: string;
  /** Git folder of this work tree, with its HEAD and index. */
  readonly gitDir: string;
  /** Git folder shared by all linked work trees, with objects and refs. */
  readonly commonDir: string;
  readonly objectFormat: ObjectFormat;
}

const objects = ['cat-file', 'diff-tree', 'ls-files', 'ls-tree', 'merge-file'] as const;
const history = ['for-each-ref', 'merge-base', 'rev-list', 'rev-parse', 'symbolic-ref'] as const;
const writes = [
  'commit-tree',
  'hash-object',
  'mktag',
  'read-tree',
  'update-index',
  'update-ref',
  'write-tree',
] as const;
const commands = [...objects, ...history, ...writes];
type GitCommand = (typeof commands)[number];

/** Author, committer and tagger. */
export const BOT = { name: 'optimize', email: 'optimize@localhost' };

interface GitOptions {
  readonly input?: string;
  /** Index file used instead of the user's own. */
  readonly index?: string;
  /** Author and committer time, ISO 8601; required where git would ask the clock. */
  readonly time?: string;
}

type GitResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

/**
 * Settings that outrank the repository's own. `safe.directory` is open since what it protects from
 * (hooks, monitors, filters, pagers, signing programs, transports) cannot run here.
 */
const config = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.commitGraph=false',
  // Only an empty graft file disables grafts; git would warn about it.
  'advice.graftFileDeprecated=false',
  'core.fsync=all',
  'commit.gpgSign=false',
  'tag.gpgSign=false',
  'core.quotePath=false',
  'core.warnAmbiguousRefs=false',
  'protocol.allow=never',
  'safe.directory=*',
  'i18n.commitEncoding=UTF-8',
];

function environment(options: GitOptions): Record<string, string> {
  // Without a time git would ask the clock; 1970 cannot be taken for a real one.
  const time = options.time === undefined ? 0 : Math.floor(Date.parse(options.time) / 1000);
  if (!Number.isFinite(time)) throw new UsageError(`expected an ISO time, got ${options.time}`);
  const date = `${time} +0000`;
  return {
    // biome-ignore lint/complexity/useLiteralKeys: index signature
    PATH: process.env['PATH'] ?? '',
    ...(process.platform === 'win32' ? { SYSTEMROOT: process.env.SYSTEMROOT ?? '' } : {}),
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    GIT_NO_LAZY_FETCH: '1',
    // Overrules `protocol.ext.allow` of a repository, which overrules `protocol.allow`.
    GIT_ALLOW_PROTOCOL: '',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: BOT.name,
    GIT_AUTHOR_EMAIL: BOT.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: BOT.name,
    GIT_COMMITTER_EMAIL: BOT.email,
    GIT_COMMITTER_DATE: date,
    ...(options.index === undefined ? {} : { GIT_INDEX_FILE: options.index }),
  };
}

/** simple-git blocks these settings by default; here each of them switches something off. */
async function prepare(dir: string, options: GitOptions) {
  const ended = { code: 0, stderr: '', bytes: 0 };
  const flood = new AbortController();
  const own = environment(options);
  const env = { ...own, ...(await withoutConfiguredHooks(dir, own)) };
  const run = simpleGit({
    baseDir: dir,
    config: [...config],
    allowEnvironment: Object.keys(env),
    unsafe: {
      allowUnsafeConfigPaths: true,
      allowUnsafeHooksPath: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeProtocolOverride: true,
    },
    timeout: { block: 120_000 },
    // Else its output counts as whole 50 ms after git has ended, which a busy machine cuts short.
    completion: { onClose: true, onExit: false },
    abort: flood.signal,
    ...(options.input === undefined ? {} : { input: () => options.input }),
    errors: (error, result) => {
      ended.code = result.exitCode ?? -1;
      ended.stderr = Buffer.concat([...result.stdErr]).toString('utf8');
      // An exit code is data for the caller; a refused or aborted call is an error.
      return error instanceof GitPluginError ? error : undefined;
    },
  })
    .env(env)
    .outputHandler((_, stdout) => {
      stdout.on('data', ({ length }: Buffer) => {
        ended.bytes += length;
        if (ended.bytes > MOST_OUTPUT) flood.abort();
      });
    });
  return { run, ended };
}

/** Bytes: a few small trees that name each other list more files than fit into any memory. */
const MOST_OUTPUT = 128 * 2 ** 20;

const broken = (command: string, cause: unknown, bytes = 0) => {
  if (bytes > MOST_OUTPUT)
    return new VerifyError(
      `git ${command} gives more than ${MOST_OUTPUT / 2 ** 20} MB: this commit holds trees that no harness or record has`,
    );
  const why = cause instanceof Error ? cause.message : cause;
  return new InfrastructureError(`git ${command} could not be run: ${why}`, { cause });
};

/** Runs one sub-command in `dir`; an exit code other than 0 is returned, not thrown. */
export async function tryGit(
  dir: string,
  command: GitCommand,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitResult> {
  if (!commands.includes(command)) throw new TypeError(`git ${command} is not on the list of allowed sub-commands`);
  const { run, ended } = await prepare(dir, options);
  const stdout = await run
    .raw([command, ...args])
    .catch((cause) => Promise.reject(broken(command, cause, ended.bytes)));
  if (ended.code < 0) throw broken(command, ended.stderr.split('\n')[0]);
  return { code: ended.code, stdout, stderr: ended.stderr };
}

/** Returns the output of one sub-command; throws `InfrastructureError` with git's words. */
export async function git(
  repository: Repository,
  command: GitCommand,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  const result = await tryGit(repository.root, command, args, options);
  if (result.code !== 0)
    throw new InfrastructureError(`git ${command} failed (exit ${result.code}): ${result.stderr.trim()}`);
  return result.stdout;
}

/** The raw answer of `cat-file --batch` to object names, one per line. */
export async function catFiles(repository: Repository, names: readonly string[]): Promise<Uint8Array> {
  const { run, ended } = await prepare(repository.root, { input: `${names.join('\n')}\n` });
  const bytes: Uint8Array = await run
    .binaryCatFile(['--batch'])
    .catch((cause) => Promise.reject(broken('cat-file', cause)));
  if (ended.code !== 0) throw new InfrastructureError(`git cat-file failed: ${ended.stderr.trim()}`);
  return bytes;
}

/** The answers in one go; null where they have to be told apart. */
async function askAll(dir: string): Promise<Repository | null> {
  const questions = [
    '--is-bare-repository',
    '--show-object-format',
    '--absolute-git-dir',
    '--git-common-dir',
    '--show-toplevel',
  ];
  const asked = await tryGit(dir, 'rev-parse', questions).catch(() => null);
  const lines = asked?.stdout.split('\n') ?? [];
  if (asked === null || asked.code !== 0 || lines.length !== questions.length + 1 || lines[0] !== 'false') return null;
  const [, format, gitDir, common, top] = lines as [string, string, string, string, string];
  return placeOf(dir, { format, gitDir, common, top });
}

const placeOf = (
  dir: string,
  { format, gitDir, common, top }: Readonly<Record<'format' | 'gitDir' | 'common' | 'top', string>>,
): Repository => ({
  root: resolve(top),
  gitDir: resolve(gitDir),
  commonDir: isAbsolute(common) ? resolve(common) : resolve(dir, common),
  objectFormat: format === 'sha256' ? 'sha256' : 'sha1',
});

/** Opens the repository that holds `dir`. Throws `UsageError` outside of one and in a bare one. */
export async function openRepository(dir: string): Promise<Repository> {
  const known = await askAll(dir);
  if (known !== null) return known;
  // One question at a time: the answers are paths, which may hold line breaks.
  const ask = async (question: string) => {
    const answer = await tryGit(dir, 'rev-parse', [question]).catch((cause: Error) => {
      throw new UsageError(`cannot open ${dir} as a git repository: ${cause.message}`, { cause });
    });
    return { ...answer, text: answer.stdout.replace(/\n$/, '') };
  };
  const questions = ['--is-bare-repository', '--absolute-git-dir', '--git-common-dir', '--show-object-format'];
  const answers = await Promise.all(questions.map(ask));
  const [bare, gitDir = '', common = '', format] = answers.map(({ text }) => text);
  const refused = answers.find(({ code }) => code !== 0);
  if (refused !== undefined) {
    const said = refused.stderr.trim();
    throw new UsageError(
      /not a git repository/.test(said)
        ? `${dir} is not in a git repository; run: git init && git add -A && git commit -m "start"`
        : `cannot open ${dir} as a git repository: ${said}`,
    );
  }
  if (bare === 'true') throw new UsageError(`${dir} is a bare repository without files; run this in a clone of it`);
  const top = await ask('--show-toplevel');
  if (top.code !== 0) throw new UsageError(`${dir} has no work tree (${top.stderr.trim()}); run this in the work tree`);
  return placeOf(dir, { format: format ?? '', gitDir, common, top: top.text });
}

/** Runs `work` with a new empty folder inside the git folder and removes it afterwards. */
export async function withScratch<T>(repository: Repository, work: (folder: string) => Promise<T>): Promise<T> {
  const parent = join(repository.commonDir, 'optimize');
  await mkdir(parent, { recursive: true });
  const prefix = `scratch-${pidSpace().replace(/[^A-Za-z0-9]/g, '')}-`;
  for (const name of await readdir(parent)) {
    const pid = Number(name.startsWith(prefix) && name.slice(prefix.length).split('-')[0]);
    // A killed process of this machine left it behind.
    if (pid > 0 && startOf(pid) === null) await rm(join(parent, name), { recursive: true, force: true });
  }
  const folder = await mkdtemp(join(parent, `${prefix}${process.pid}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
