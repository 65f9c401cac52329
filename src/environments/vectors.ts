/** `npm run vectors -- ENV FILE [--data DIR]`: an environment against recorded calls. */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { UsageError } from '../errors.ts';
import { folderOf, ownFolders } from './registry.ts';

const usage = 'Usage: npm run vectors -- ENV FILE [--data DIR]   (default of DIR: the folder of FILE)';

/** Exit code: 0 all match, 1 a mismatch, 2 wrong usage. */
export async function main(
  argv: readonly string[],
  print: (line: string) => void,
  complain: (line: string) => void,
): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { data: { type: 'string' } },
    });
    const [name, file, ...more] = positionals;
    if (name === undefined || file === undefined || more.length > 0) throw new UsageError(usage);
    const folder = await folderOf(name);
    if (folder?.vectors === undefined)
      throw new UsageError(
        `expected an environment with vectors, found "${name}"; known are ${ownFolders().join(', ')}`,
      );
    const { vectors, mismatches } = await folder.vectors(file, values.data);
    for (const text of mismatches) complain(text);
    print(`${vectors - mismatches.length}/${vectors}`);
    return mismatches.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const badFlag = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
    if (!(error instanceof UsageError) && !badFlag) throw error;
    complain(error.message);
    if (badFlag) complain(usage);
    return 2;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  process.exitCode = await main(process.argv.slice(2), console.log, console.error);
}
