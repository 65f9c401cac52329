/** Asks a person on a terminal whether a key may go to a host. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseDocument } from 'yaml';
import { readPlain } from '../files.ts';
import { isLoopback, type KeyUse, keyHostsFile, mayReceive } from '../models/key-hosts.ts';

/** Writes the pair into the user's file after a yes. Asks nothing if it is bound, or in a pipe. */
export async function offerToBind(use: KeyUse): Promise<void> {
  const { stdin, stderr, env } = process;
  const settled = env[use.name] === undefined || !URL.canParse(use.url) || isLoopback(use.url) || mayReceive(use, env);
  if (settled || !stdin.isTTY || !stderr.isTTY) return;
  const { host } = new URL(use.url);
  const terminal = createInterface({ input: stdin, output: stderr });
  const said = await terminal.question(`models.yaml would send ${use.name} to ${host}. Is that right? [y/N] `);
  terminal.close();
  if (!/^y(?:es)?$/i.test(said.trim())) return;
  const file = keyHostsFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const hosts = parseDocument(readPlain(file) ?? '');
  const known = hosts.toJS() as Readonly<Record<string, string | readonly string[]>> | null;
  hosts.set(use.name, [known?.[use.name] ?? [], host].flat());
  writeFileSync(file, String(hosts), { mode: 0o600 });
}
