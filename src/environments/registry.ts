/** Finds an environment by name or path: the built-in `retail`, or a user's own file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sha256 } from '../digest.ts';
import { UsageError } from '../errors.ts';
import type { Environment } from '../types.ts';
import { importModule } from './import-module.ts';
import { generateRetail, readDataset } from './retail/generate/index.ts';
import { loadPublicRetail } from './retail/public.ts';
import { retailEnvironment } from './retail/tasks.ts';

export interface LoadOptions {
  /** Repository root: holds `evals/`. */
  readonly root: string;
  /** Folder with public benchmark data; `retail` only. */
  readonly data?: string;
}

const extensions = ['ts', 'js', 'mjs'] as const;

/** The environment file of a folder under `evals/`, when there is one. */
function environmentFile(root: string, name: string): string | undefined {
  const files = extensions.map((extension) => join(root, 'evals', name, `environment.${extension}`));
  return files.find((file) => existsSync(file));
}

/** Names that `loadEnvironment` knows under this root, sorted. */
export function environmentNames(root: string): string[] {
  const folder = join(root, 'evals');
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const own = entries.filter((entry) => entry.isDirectory() && environmentFile(root, entry.name) !== undefined);
  return [...new Set(['retail', ...own.map((entry) => entry.name)])].sort();
}

const isPath = (name: string): boolean => /[\\/]/.test(name) || extensions.some((end) => name.endsWith(`.${end}`));

/**
 * Loads `retail` (from `evals/retail/`, or with `data` the public tickets),
 * `evals/<name>/environment.{ts,js,mjs}`, or a file by its path relative to the root. Throws
 * UsageError for an unknown name, a broken file or missing data.
 */
export async function loadEnvironment(name: string, { root, data }: LoadOptions): Promise<Environment> {
  if (name === 'retail') {
    if (data !== undefined) return loadPublicRetail(resolve(root, data));
    const dataset = readDataset(join(root, 'evals', 'retail'));
    return retailEnvironment({ ...dataset, mode: 'fixed', generate: generateRetail });
  }
  if (data !== undefined) throw new UsageError(`--data goes with the retail environment only, not with ${name}`);
  if (isPath(name)) return loadFile(resolve(root, name));
  const file = environmentFile(root, name);
  if (file === undefined) {
    const known = environmentNames(root).join(', ');
    throw new UsageError(
      `there is no environment ${name}; known are ${known}. Make one with: npx optimize init ${name || 'NAME'}`,
    );
  }
  const environment = await loadFile(file);
  if (environment.name !== name) {
    throw new UsageError(`expected the name ${name}, after the folder, got ${environment.name}`, { where: file });
  }
  return environment;
}

async function loadFile(file: string): Promise<Environment> {
  if (!existsSync(file)) throw new UsageError('no such environment file', { where: file });
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await importModule(pathToFileURL(file));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`the environment file does not load: ${reason}`, { where: file, cause });
  }
  const environment = exports.default ?? exports.environment;
  assertEnvironment(environment, file);
  return withSource(environment, sha256(readFileSync(file, 'utf8')));
}

/** Rules live in the file's code, so its bytes belong to the digest. */
function withSource(environment: Environment, source: string): Environment {
  const { generate } = environment;
  return {
    ...environment,
    digest: sha256(`${environment.digest} ${source}`),
    ...(generate ? { generate: (options) => withSource(generate(options), source) } : {}),
  };
}

const methods = ['reset', 'execute', 'fork', 'changes', 'score'] as const;

/** Throws UsageError naming the first member that is missing or of a wrong kind. */
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
