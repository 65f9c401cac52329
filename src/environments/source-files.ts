/** The files that an environment is made of: its folder, and what its code names elsewhere. */
import { existsSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { sha256 } from '../digest.ts';
import { UsageError } from '../errors.ts';
import { withLineFeeds } from '../harness/line-ends.ts';

const CODE = new Set(['.js', '.mjs', '.cjs', '.jsx', '.ts', '.mts', '.cts', '.tsx']);
/** What an import may leave out. */
const ENDINGS = ['', '.ts', '.js', '.mjs', '.cjs', '.mts', '.cts', '.json', '/index.ts', '/index.js', '/index.mjs'];
/** Policies have a record of their own, packages a version. */
const SKIPPED = /^(?:\.|node_modules$|policy\.yaml$)/;
const MOST_FILES = 20_000;

/** Undefined for what is not there, leads nowhere or may not be read. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

const isFile = (path: string): boolean => statsOf(path)?.isFile() ?? false;

/** Every file below a folder, through links too, each folder once. */
function below(folder: string, seen = new Set<string>()): string[] {
  const real = realpathSync(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  return readdirSync(folder).flatMap((name) => {
    if (SKIPPED.test(name)) return [];
    const path = join(folder, name);
    const stats = statsOf(path);
    if (stats?.isDirectory()) return below(path, seen);
    return stats?.isFile() ? [path] : [];
  });
}

/** Files that a text between quotes names: an import with or without its ending, or data. */
function named(text: string, from: string, root: string): string[] {
  if (text.length > 300 || !/[./]/.test(text) || /[\0*<>]/.test(text)) return [];
  const places = text.startsWith('.') ? [dirname(from)] : [dirname(from), root];
  const forms = [...ENDINGS.map((ending) => text + ending), text.replace(/\.([mc]?)js$/, '.$1ts')];
  return places.flatMap((place) => forms.map((form) => resolve(place, form))).filter(isFile);
}

/** The file of a package that is linked into node_modules; none for an installed one. */
function ownPackage(name: string, from: string): string[] {
  try {
    const path = realpathSync(createRequire(from).resolve(name));
    return path.includes(`${sep}node_modules${sep}`) || name === 'harness-optimizer' ? [] : [path];
  } catch {
    return [];
  }
}

const IMPORTED = /(?:from|import|require)\s*\(?\s*['"]([^'".][^'"]*)['"]/g;

/** Sorted paths. `root` holds `evals/`. Throws UsageError for a folder with too many files. */
export function sourceFiles(file: string, root: string): string[] {
  const folder = dirname(resolve(file));
  const found = new Set([resolve(file)]);
  if (dirname(folder) === join(resolve(root), 'evals')) for (const path of below(folder)) found.add(path);
  const isOwn = (path: string): boolean => {
    const inside = relative(root, path).split(sep);
    return !inside.some((part) => part === 'node_modules' || part === '.git') && inside[0] !== 'runs';
  };
  // A set that grows while it is walked: imports of imports.
  for (const path of found) {
    if (found.size > MOST_FILES)
      throw new UsageError(`${folder}: more than ${MOST_FILES} files; keep data that no task needs elsewhere`);
    if (!CODE.has(extname(path)) || statSync(path).size > 5_000_000) continue;
    const code = readFileSync(path, 'utf8');
    const texts = new Set(code.split(/['"`\n]/));
    const packages = [...code.matchAll(IMPORTED)].flatMap(([, name = '']) => ownPackage(name, path));
    for (const one of [...[...texts].flatMap((text) => named(text, path, root)), ...packages])
      if (isOwn(one)) found.add(one);
  }
  return [...found].sort();
}

/** As git stores it: line ends do not depend on the checkout. */
const digestOf = (path: string): string => sha256(Buffer.from(withLineFeeds(readFileSync(path, 'latin1')), 'latin1'));

/** sha256 (hex) of all files; of the bytes alone if there is only one. */
export function sourceDigest(file: string, root: string): string {
  if (!existsSync(file)) throw new UsageError('no such environment file', { where: file });
  const files = sourceFiles(file, root);
  if (files.length === 1) return digestOf(file);
  return sha256(files.map((path) => `${relative(root, path).split(sep).join('/')} ${digestOf(path)}\n`).join(''));
}
