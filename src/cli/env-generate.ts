/** `optimize env generate NAME`: writes a fresh data set. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { generateRetail, writeDataset } from '../environments/retail/generate/index.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { say, sayJson } from './open-ledger.ts';

export async function envGenerateCommand(given: Record<string, unknown>, name = ''): Promise<number> {
  const flags = given as { seed: number; tasks: number; out: string; json?: boolean };
  if (name !== 'retail')
    throw new UsageError(
      `env generate: expected retail, got "${name}"; an environment of your own generates in its file`,
    );
  if (flags.tasks < 1) throw new UsageError('--tasks: expected 1 or more');
  const out = resolve(flags.out);
  if (existsSync(out))
    throw new UsageError(`--out ${flags.out} is already there; name a folder that does not exist yet`);
  const environment = generateRetail({ seed: flags.seed, tasks: flags.tasks });
  writeDataset(out, environment);
  const line = { tasks: environment.tasks.length, digest: environment.digest };
  if (flags.json) sayJson({ type: 'generated', out: flags.out, ...line });
  else say(`${line.tasks} tasks written to ${flags.out} (digest ${line.digest.slice(0, 12)})`);
  return EXIT.ok;
}
