/**
 * `optimize adopt`: takes over what a person changed by hand, in the harness or in what nights run
 * under, as decisions.
 */
import { resolve } from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { loadHarness } from '../harness/load.ts';
import { adopt } from '../ledger/acts/adopt.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { openRepository } from '../ledger/git/git.ts';
import { policyOf } from './night.ts';
import { say, sayJson } from './open-ledger.ts';
import { openEnvironment } from './setup.ts';

interface AdoptFlags {
  readonly env: string;
  readonly data?: string;
  readonly fdr?: number;
  readonly json?: boolean;
}

export async function adoptCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as AdoptFlags;
  const repository = await openRepository(process.cwd());
  const { root } = repository;
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    root,
  );
  const env = environment.name;
  const adopted = await adopt(
    repository,
    { environment, policy: policyOf(root, env, flags), workTree: loadHarness(root, env).files },
    stepOf('adopt', repository),
  );
  if (flags.json)
    sayJson({ type: 'adopted', env, decisions: adopted.map(({ seq, kind, limits }) => ({ seq, kind, limits })) });
  else if (adopted.length === 0) say(`nothing to adopt: ${env} is what its decisions lead to`);
  for (const { seq, kind, limits } of flags.json ? [] : adopted)
    say(`decision ${seq}: ${kind}${limits.length > 0 ? `, ${limits.join('; ')}` : ''}`);
  return EXIT.ok;
}
