/** What an environment tells about traces of its name, where there is one. */
import { environmentNames, folderOf } from '../environments/registry.ts';
import { UsageError } from '../errors.ts';
import type { Environment, Vocabulary } from '../types.ts';

export interface KnownEnvironment {
  readonly tools: Environment['tools'];
  readonly vocabulary: Vocabulary | undefined;
  readonly isError: Environment['isError'];
}

/**
 * Null for a name without an environment. One of this package whose data are not here tells its
 * words alone; one of the user's own that does not load throws, since what is personal is unknown.
 */
export async function knownEnvironment(env: string, root: string): Promise<KnownEnvironment | null> {
  if (!environmentNames(root).includes(env)) return null;
  const folder = await folderOf(env);
  // What plays an environment takes longer to load than an import of traces.
  const { openEnvironment } = await import('./environment.ts');
  try {
    const { tools, vocabulary, isError } = await openEnvironment({ env }, root, { unscored: true });
    return { tools, vocabulary, isError };
  } catch (error) {
    if (folder === undefined || !(error instanceof UsageError)) throw error;
    return { tools: [], vocabulary: folder.vocabulary, isError: undefined };
  }
}
