/** A generated environment, described by a process of its own while this one waits. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { UsageError } from '../../errors.ts';
import type { GenerateOptions } from '../../types.ts';
import { endFamily, newFamily } from './family.ts';
import { asError, flagsOf, LOAD_LIMIT_MS, MOST_MB, program, reasonOf } from './program.ts';
import type { Description, FileInRepository } from './protocol.ts';
import { childVariables } from './variables.ts';

/** `detached`: a group of its own, as Node's synchronous form takes too. */
const IN_GROUP: object = { detached: true };

/** `generate` alone cannot be answered later. */
export function generateApart({ file, root }: FileInRepository, world: GenerateOptions, limitMs: number): Description {
  const nonce = randomBytes(16).toString('hex');
  const family = newFamily(childVariables(process.env));
  const { pid, output, status, signal, error } = spawnSync(process.execPath, [...flagsOf(MOST_MB), program], {
    input: JSON.stringify({ file, root, nonce, world }),
    env: family.variables,
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    timeout: limitMs + LOAD_LIMIT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 30,
    ...IN_GROUP,
  });
  endFamily(pid === 0 ? undefined : pid, family.mark);
  let said: { nonce?: string; value?: Description; error?: { name: string; message: string } } = {};
  try {
    said = JSON.parse(String(output?.[3] ?? '')) as typeof said;
  } catch {
    // It ended before it answered.
  }
  if (said.nonce === nonce && said.error !== undefined) throw asError(said.error);
  if (said.nonce === nonce && said.value !== undefined) return said.value;
  const late = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
  throw new UsageError(
    `generate ${late ? `gave no answer within ${(limitMs + LOAD_LIMIT_MS) / 1000} s` : reasonOf(status, signal, MOST_MB)}`,
    { where: file },
  );
}
