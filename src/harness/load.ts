/** Reads and writes a harness folder: no links, nothing outside the root, atomic file writes. */
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { UsageError } from '../errors.ts';
import type { Harness, HarnessFiles } from '../types.ts';
import { parseHarness } from './parse.ts';
import { besideSkill } from './paths.ts';
import { maxFileBytes } from './text-checks.ts';

const environmentName = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/;
const deviceName = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;
/** Letters, digits and `._-`, with no dot at either end: safe on every file system. */
const safePart = /^[A-Za-z0-9_-](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/;
const maxFiles = 200;
const maxDepth = 4;

/**
 * Loads `<root>/harness/<env>/`; no folder means the defaults. Throws UsageError for a wrong name,
 * a link, a folder that leaves the root through one, and for all that `parseHarness` finds.
 */
export function loadHarness(root: string, env: string): Harness {
  const where = `harness/${env}`;
  if (!environmentName.test(env))
    throw new UsageError(`expected an environment name such as retail, found "${env}"; rename it`);
  const dir = join(root, 'harness', env);
  const stat = lstatSync(dir, { throwIfNoEntry: false });
  if (stat === undefined) return parseHarness(env, new Map());
  if (!stat.isDirectory()) throw new UsageError('expected a folder, found a link or file; replace it', { where });
  if (!realpathSync(dir).startsWith(realpathSync(root) + sep)) {
    throw new UsageError('expected a folder inside the project, found a link out of it; replace the link', { where });
  }
  return parseHarness(env, readHarnessFolder(dir));
}

function checkPart(part: string, path: string): void {
  if (!safePart.test(part) || deviceName.test(part)) {
    throw new UsageError('expected a name of letters, digits, ".", "_" and "-", found another; rename it', {
      where: path,
    });
  }
}

/**
 * All files of a harness as UTF-8, without hidden ones and those beside a SKILL.md. UsageError for
 * links, odd names, names that differ only in case, files above 64 kB, bad UTF-8, over 200 files.
 */
export function readHarnessFolder(dir: string): HarnessFiles {
  const files = new Map<string, string>();
  const folded = new Map<string, string>();
  const walk = (folder: string, depth: number) => {
    const names = readdirSync(join(dir, folder)).filter((name) => !name.startsWith('.'));
    for (const name of names.sort()) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (besideSkill.test(path)) continue;
      checkPart(name, path);
      const twin = folded.get(path.toLowerCase());
      if (twin !== undefined) {
        throw new UsageError(`expected names that differ in more than letter case, found ${twin}; rename one`, {
          where: path,
        });
      }
      folded.set(path.toLowerCase(), path);
      const stat = lstatSync(join(dir, path));
      if (stat.isDirectory()) {
        if (depth >= maxDepth) {
          throw new UsageError(`expected at most ${maxDepth} levels of folders, found more; move it up`, {
            where: path,
          });
        }
        walk(path, depth + 1);
      } else {
        files.set(path, readFile(dir, path, stat.isFile(), stat.size));
      }
      if (files.size > maxFiles) throw new UsageError(`expected at most ${maxFiles} files, found more`, { where: dir });
    }
  };
  walk('', 1);
  return files;
}

function readFile(dir: string, path: string, regular: boolean, bytes: number): string {
  if (!regular) throw new UsageError('expected a plain file, found a link or device; replace it', { where: path });
  if (bytes > maxFileBytes) {
    throw new UsageError(`expected at most ${maxFileBytes} bytes, found ${bytes}; shorten or split it`, {
      where: path,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(join(dir, path)));
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new UsageError('expected UTF-8 text, found other bytes; save it as UTF-8', { where: path, cause });
  }
}

/**
 * Makes the folder hold exactly these files and leaves hidden ones alone; a crash leaves each file
 * old or new. Throws UsageError for an unsafe path before it writes anything.
 */
export function saveHarness(dir: string, files: HarnessFiles): void {
  for (const path of files.keys()) for (const part of path.split('/')) checkPart(part, path);
  mkdirSync(dir, { recursive: true });
  const before = readHarnessFolder(dir);
  for (const [path, text] of files) if (before.get(path) !== text) writeAtomically(join(dir, path), text);
  for (const path of before.keys()) {
    if (files.has(path)) continue;
    rmSync(join(dir, path));
    removeEmptyFolders(dir, dirname(path));
  }
}

function writeAtomically(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const beside = join(dirname(path), `.${process.pid}.new`);
  rmSync(beside, { force: true });
  const handle = openSync(beside, 'wx');
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, path);
}

function removeEmptyFolders(dir: string, folder: string): void {
  if (folder === '.' || readdirSync(join(dir, folder)).length > 0) return;
  rmdirSync(join(dir, folder));
  removeEmptyFolders(dir, dirname(folder));
}
