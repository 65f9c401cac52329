/** Applies a unified diff to the files of a harness and leaves out whatever else it changes. */
import { applyPatch as applyHunks, parsePatch, type StructuredPatch } from 'diff';
import { UsageError } from '../errors.ts';
import { isHarnessPath, skillPath } from '../harness/paths.ts';
import type { HarnessFiles } from '../types.ts';

export interface Patched {
  readonly files: HarnessFiles;
  /** Paths of other files that it changes. */
  readonly unused: readonly string[];
}

/** Largest patch that is read, in bytes. */
export const MOST_PATCH = 2 ** 20;

/**
 * Paths are those of git (`a/harness/<env>/contract.yaml`), with any one folder before them or
 * none; where no path names the folder of a harness, those of `optimize diff` (`a/contract.yaml`).
 * Throws UsageError for what is no diff, does not apply, or holds a link.
 */
export function applyPatch(env: string, files: HarnessFiles, text: string): Patched {
  const folder = `harness/${env}/`;
  const patches = parsed(text);
  const inFolders = patches.some((patch) => namesOf(patch).some((name) => withoutFirst(name).some(isBelowHarness)));
  const innerOf = (name: string): string | null => {
    for (const path of withoutFirst(name)) {
      const inner = path.startsWith(folder) ? path.slice(folder.length) : null;
      if (inner !== null && isHarnessPath(inner)) return inner;
      if (!inFolders && (DOCUMENTS.has(path) || skillPath.test(path))) return path;
    }
    return null;
  };
  const result = new Map(files);
  const unused = new Set<string>();
  for (const patch of patches) {
    const [from, to] = [patch.oldFileName, patch.newFileName].map((name) => (name === NOTHING ? null : (name ?? null)));
    const [old, now] = [from, to].map((name) => (name ? innerOf(name) : null)) as [string | null, string | null];
    for (const [name, inner] of [
      [from, old],
      [to, now],
    ] as const)
      if (name && inner === null) unused.add(withoutFirst(name)[0] ?? name);
    if (old === null && now === null) continue;
    if (patch.newMode === '120000')
      throw new UsageError(`expected plain files, found a link ${now}; write the file itself`);
    const source = old === null ? '' : result.get(old);
    const changed = source === undefined ? false : applyHunks(source, patch);
    if (changed === false)
      throw new UsageError(
        `the patch does not apply to ${folder}${old ?? now}${source === undefined ? ', which is not there' : ''}; make it on the checked-out files`,
      );
    if (old !== null && old !== now && !patch.isCopy) result.delete(old);
    if (now !== null) result.set(now, changed);
  }
  return { files: result, unused: [...unused].sort() };
}

const NOTHING = '/dev/null';
const DOCUMENTS: ReadonlySet<string> = new Set(['harness.yaml', 'contract.yaml', 'regulation.yaml', 'policy.md']);
const isBelowHarness = (path: string): boolean => /^harness\/[^/]+\//.test(path);

/** The path without its first folder, and as it is. */
const withoutFirst = (name: string): string[] => {
  const at = name.indexOf('/');
  return at < 0 ? [name] : [name.slice(at + 1), name];
};

const namesOf = ({ oldFileName, newFileName }: StructuredPatch): string[] =>
  [oldFileName, newFileName].filter((name): name is string => name !== undefined && name !== NOTHING);

/** Without what ends each mail of `git format-patch`, which reads like a removed line. */
const withoutSignatures = (text: string): string =>
  text.replace(/^-- \r?\n\d+\.\d+[^\n]*\n[\r\n]*(?=From [0-9a-f]{40} |$)/gm, '');

function parsed(text: string): StructuredPatch[] {
  if (text.length > MOST_PATCH)
    throw new UsageError(`expected a patch of at most 1 MB, found ${text.length} characters`);
  let patches: StructuredPatch[];
  try {
    patches = parsePatch(withoutSignatures(text)).filter((patch) => namesOf(patch).length > 0);
  } catch (cause) {
    throw new UsageError(`expected a unified diff: ${(cause as Error).message}; make one with git diff`, { cause });
  }
  if (patches.length === 0)
    throw new UsageError('expected a unified diff, found no file in it; make one with git diff');
  return patches;
}
