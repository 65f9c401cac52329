/** Turns whatever a command throws into one readable line and an exit code. */

import { endChildren } from '../environments/child/child.ts';
import { BudgetError, FrozenError, InfrastructureError, InterruptedError, UsageError, VerifyError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../harness/text-checks.ts';
import { redactorOf } from '../secrets.ts';

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof BudgetError) return EXIT.budget;
  if (error instanceof VerifyError) return EXIT.verify;
  if (error instanceof FrozenError) return EXIT.frozen;
  if (error instanceof InterruptedError) return EXIT.interrupted;
  return EXIT.internal;
}

const isExpected = (error: unknown): boolean =>
  exitCodeOf(error) !== EXIT.internal || error instanceof InfrastructureError;

/** Names a full disk or a read-only folder, which are no bugs of ours. */
function systemMessage(error: unknown): string | null {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC')
    return `the disk is full${path ? ` (${syscall} ${path})` : ''}; free some space and type the same command again`;
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return `not allowed to ${syscall ?? 'use'} ${path ?? 'a file'} (${code}); check its owner and permissions`;
  if (code === 'ENOTDIR' || code === 'EISDIR' || code === 'EEXIST')
    return `${path ?? 'a path'} is in the way (${code}, ${syscall}): a folder and a file need the same name; move it aside`;
  return null;
}

/** Keys under other names; an unreadable models.yaml has an error of its own. */
async function keysHere(): Promise<string[]> {
  try {
    const { keysIn } = await import('../models/settings.ts');
    return keysIn(process.cwd(), process.env);
  } catch {
    return [];
  }
}

/** Runs a command; prints errors on stderr, with a stack trace only under OPTIMIZE_DEBUG. */
export async function runSafely(run: () => Promise<number>, options: { readonly json: boolean }): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const code = exitCodeOf(error);
    const redact = redactorOf(process.env, await keysHere()) ?? ((text: string) => text);
    const message = redact(systemMessage(error) ?? (error instanceof Error ? error.message : String(error)));
    const prefix = isExpected(error) || systemMessage(error) !== null ? '' : 'internal error: ';
    process.stderr.write(`optimize: ${prefix}${printable(message)}\n`);
    if (process.env.OPTIMIZE_DEBUG && error instanceof Error)
      process.stderr.write(`${printable(redact(error.stack ?? ''))}\n`);
    if (options.json)
      process.stdout.write(`${JSON.stringify({ type: 'error', code, message: `${prefix}${message}` })}\n`);
    return code;
  } finally {
    endChildren();
  }
}
