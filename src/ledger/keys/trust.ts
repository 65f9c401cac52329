/** The keys that a verifier trusts: a file outside the repository that it vouches for. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { readAs, readYaml } from '../../harness/yaml-document.ts';
import type { Repository } from '../git/git.ts';
import { Name } from '../kinds/fields.ts';
import { KeyEntry } from './key.ts';
import { isInside } from './keys.ts';

export const Trust = z.strictObject({
  version: z.literal(1),
  keys: z.array(KeyEntry).min(1),
  /** First decision that must be signed, by environment; default the first signed one found. */
  signedFrom: z.record(Name, z.int().min(1)).default({}),
});
export type Trust = z.infer<typeof Trust>;

/** Throws UsageError for a missing file, one in the repository, or one without keys. */
export function readTrust(path: string, repository: Pick<Repository, 'root' | 'commonDir'>): Trust {
  const file = resolve(path);
  if (!existsSync(file))
    throw new UsageError(
      `${path}: expected the keys to trust, found no file; whoever signs prints it with: optimize keys list --trust`,
    );
  if ([repository.root, repository.commonDir].some((folder) => isInside(file, folder)))
    throw new UsageError(
      `${path} lies in the repository that it vouches for, so whoever changes one can change the other; keep it elsewhere`,
    );
  return readAs(Trust, readYaml(readFileSync(file, 'utf8'), { file: path }), {});
}
