/** `optimize env generate NAME`: writes a fresh data set. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { folderOf, ownFolders } from '../environments/registry.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { say, sayJson } from './open-ledger.ts';

export async function envGenerateCommand(given: Record<string, unknown>, name = ''): Promise<number> {
  const flags = given as { seed: number; tasks: number; out: string; json?: boolean };
  const folder = await folderOf(name);
  if (folder?.generate === undefined)
    throw new UsageError(
      `env generate: expected ${ownFolders().join(' or ')}, got "${name}"; an environment of your own generates in its file`,
    );
  if (flags.tasks < 1) throw new UsageError('--tasks: expected 1 or more');
  const out = resolve(flags.out);
  if (existsSync(out))
    throw new UsageError(`--out ${flags.out} is already there; name a folder that does not exist yet`);
  const { tasks, digest } = await folder.generate({ seed: flags.seed, tasks: flags.tasks }, out);
  const line = { tasks: tasks.length, digest };
  if (flags.json) sayJson({ type: 'generated', out: flags.out, ...line });
  else say(`${line.tasks} tasks written to ${flags.out} (digest ${line.digest.slice(0, 12)})`);
  return EXIT.ok;
}
