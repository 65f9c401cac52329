/** `optimize env generate NAME`: writes a fresh data set. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { folderOf, ownFolders } from '../environments/registry.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { command } from './command.ts';
import { json, text, whole } from './options.ts';
import { say, sayJson } from './output.ts';

export const envGenerate = command({
  name: 'env generate',
  summary: 'write a fresh data set',
  arguments: { '<name>': 'a built-in environment' },
  options: z.object({
    seed: whole('<n>', 'seed'),
    tasks: whole('<n>', 'number of tasks', { least: 1, of: 'tasks' }),
    out: text('<dir>', 'folder that does not exist yet'),
    ...json,
  }),
  example: 'env generate retail --seed 7 --tasks 400 --out data',
  async run(flags, name = '') {
    const folder = await folderOf(name);
    if (folder?.generate === undefined)
      throw new UsageError(
        `env generate: expected ${ownFolders().join(' or ')}, got "${name}"; an environment of your own generates in its file`,
      );
    const out = resolve(flags.out);
    if (existsSync(out))
      throw new UsageError(`--out ${flags.out} is already there; name a folder that does not exist yet`);
    const { tasks, digest } = await folder.generate({ seed: flags.seed, tasks: flags.tasks }, out);
    const line = { tasks: tasks.length, digest };
    if (flags.json) sayJson({ type: 'generated', out: flags.out, ...line });
    else say(`${line.tasks} tasks written to ${flags.out} (digest ${line.digest.slice(0, 12)})`);
    return EXIT.ok;
  },
});
