/** Finds an environment by name or path: a folder of this package, or a user's own file. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isObject, sha256 } from '../digest.ts';
import { reasonOf, UsageError } from '../errors.ts';
import { guarded } from '../runtime/guard.ts';
import type { Environment, Vocabulary } from '../types.ts';
import { assertTasks } from './assert-definition.ts';
import type { EnvironmentFolder, LoadOptions } from './folder.ts';
import { importModule } from './import-module.ts';
import { sourceDigest } from './source-files.ts';

const here = new URL('.', import.meta.url);

/** The index of a folder beside this file; undefined if there is none. */
const indexFile = (name: string): URL | undefined =>
  /^[a-z0-9-]+$/.test(name)
    ? ['index.js', 'index.ts'].map((file) => new URL(`${name}/${file}`, here)).find((url) => existsSync(url))
    : undefined;

/** Names of the built-in environments: their folders are the registry. */
export const ownFolders = (): string[] =>
  readdirSync(here)
    .filter((name) => indexFile(name) !== undefined)
    .sort();

/** The words of a built-in environment; undefined for any other, whose code is not run for it. */
export const knownVocabulary = async (name: string): Promise<Vocabulary | undefined> =>
  (await folderOf(name))?.vocabulary;

/** The folder of a built-in environment; undefined for any other name. */
export async function folderOf(name: string): Promise<EnvironmentFolder | undefined> {
  const index = indexFile(name);
  return index && ((await import(index.href)) as { readonly folder: EnvironmentFolder }).folder;
}

const extensions = ['ts', 'js', 'mjs', 'mts', 'cjs', 'cts'] as const;

/** The environment file of a folder under `evals/`, if there is one. */
function environmentFile(root: string, name: string): string | undefined {
  const files = extensions.map((extension) => join(root, 'evals', name, `environment.${extension}`));
  return files.find((file) => existsSync(file));
}

/** Names that `loadEnvironment` knows under this root, sorted. */
export function environmentNames(root: string): string[] {
  const folder = join(root, 'evals');
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const own = entries.filter((entry) => entry.isDirectory() && environmentFile(root, entry.name) !== undefined);
  return [...new Set([...ownFolders(), ...own.map((entry) => entry.name)])].sort();
}

const isPath = (name: string): boolean => /[\\/]/.test(name) || extensions.some((end) => name.endsWith(`.${end}`));

/**
 * Loads a built-in environment, `evals/<name>/environment.{ts,js,mjs}`, or a file by path from the
 * root. Throws UsageError for an unknown name, a broken file, and missing or unwanted `data`.
 */
export async function loadEnvironment(
  name: string,
  { root, data }: LoadOptions,
  open: (file: string, root: string) => Promise<Environment> = loadFile,
): Promise<Environment> {
  const folder = await folderOf(name);
  if (data !== undefined && folder?.data === undefined)
    throw new UsageError(`--data: the environment ${name} takes no data; leave it out`);
  if (folder !== undefined) return folder.load({ root, ...(data === undefined ? {} : { data: resolve(root, data) }) });
  if (isPath(name)) return open(resolve(root, name), root);
  const file = environmentFile(root, name);
  if (file === undefined) {
    const known = environmentNames(root).join(', ');
    throw new UsageError(
      `there is no environment ${name}; known are ${known}. Make one with: npx optimize init ${name || 'NAME'}`,
    );
  }
  const environment = await open(file, root);
  if (environment.name !== name) {
    throw new UsageError(`expected the name ${name}, after the folder, got ${environment.name}`, { where: file });
  }
  return environment;
}

/** Loads a file in this process. Throws UsageError for what is no environment. */
export async function loadFile(file: string, root: string): Promise<Environment> {
  if (!existsSync(file)) throw new UsageError('no such environment file', { where: file });
  // Before its code runs, which might write there.
  const source = sourceDigest(file, root);
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await importModule(pathToFileURL(file));
  } catch (cause) {
    throw new UsageError(`the environment file does not load: ${reasonOf(cause)}`, { where: file, cause });
  }
  // CommonJS, also as TypeScript writes it, has the exports of its own as the default.
  const own = isObject(exports.default) && !('tasks' in exports.default) ? exports.default : exports;
  const environment: unknown = own.default ?? own.environment ?? exports.default;
  assertEnvironment(environment, file);
  assertTasks(environment.name, environment.tasks);
  await assertState(environment);
  return { ...withSource(guarded(environment), source), file };
}

/**
 * Throws UsageError for a state that cannot be copied. It opens no held state (`dispose`,
 * `replayable: false`); `env check` reports a reset that fails.
 */
async function assertState({ tasks, replayable, dispose, ...environment }: Environment): Promise<void> {
  const [first] = tasks;
  if (first === undefined || replayable === false || dispose !== undefined) return;
  try {
    await environment.reset(first);
  } catch (error) {
    if (error instanceof UsageError) throw error;
  }
}

/** Code and data hold the rules, so their bytes belong to the digest. */
function withSource(environment: Environment, source: string): Environment {
  const { generate } = environment;
  return {
    ...environment,
    source,
    digest: sha256(`${environment.digest} ${source}`),
    ...(generate ? { generate: (options) => withSource(generate(options), source) } : {}),
  };
}

const methods = ['reset', 'execute', 'score'] as const;

/** Throws UsageError for the first member that is missing or of a wrong kind. */
export function assertEnvironment(value: unknown, where: string): asserts value is Environment {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const wrong =
    value !== given
      ? 'expected a default export made by defineEnvironment'
      : typeof given.name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(given.name)
        ? 'expected name to be lower-case words joined by "-"'
        : !Array.isArray(given.tools) || !Array.isArray(given.tasks) || typeof given.digest !== 'string'
          ? 'expected an environment made by defineEnvironment, with tools, tasks and digest'
          : methods.find((name) => typeof given[name] !== 'function');
  if (wrong === undefined) return;
  const isMethod = methods.some((name) => name === wrong);
  throw new UsageError(isMethod ? `expected the environment to have a function ${wrong}` : wrong, { where });
}
