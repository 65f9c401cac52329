/** How the program of an environment's process is started, and what its end means. */
import { fileURLToPath } from 'node:url';
import { EnvironmentError, InterruptedError, UsageError } from '../../errors.ts';

/** Maximum megabytes of memory of one process. */
export const MOST_MB = 2048;
/** Milliseconds that an environment file may take to load. */
export const LOAD_LIMIT_MS = 60_000;

/** Node cannot run source files, which tests import: they start the built program. */
export const program = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../dist/environments/child/main.js' : 'main.js', import.meta.url),
);
export const flagsOf = (mostMb: number): string[] => [`--max-old-space-size=${mostMb}`];

export const outOfMemory = (mostMb: number): string => `ran out of memory (limit ${mostMb} MB)`;

/** What V8 does without memory looks like `process.abort()`. */
export function reasonOf(code: number | null, signal: string | null, mostMb: number): string {
  if (signal === 'SIGABRT' || code === 134) return `aborted its process, or ${outOfMemory(mostMb)}`;
  if (signal !== null) return `ended its process by ${signal}`;
  return `ended its process with exit code ${code}`;
}

/** An error of the environment as one of ours. */
export function asError({ name, message }: { readonly name: string; readonly message: string }): Error {
  if (name === 'InterruptedError') return new InterruptedError(message);
  return name === 'UsageError' ? new UsageError(message) : new EnvironmentError(message);
}
