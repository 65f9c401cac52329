/** Keeps an environment's own signals off the process that plays it. */
import { readFileSync } from 'node:fs';
import { EnvironmentError } from '../../errors.ts';

/** The group of a process; null where that is not known. */
function groupOf(id: number): number | null {
  try {
    return Number(
      readFileSync(`/proc/${id}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[2],
    );
  } catch {
    return null;
  }
}

/** `process.kill` throws EnvironmentError for the parent, its group and everybody (-1). */
export function guardSignals(parent: number): void {
  const kill = process.kill.bind(process);
  const isMeant = (id: number): boolean =>
    id === parent || id === -1 || id === -parent || (id < 0 && -id === groupOf(parent));
  process.kill = (id, signal) => {
    if (signal !== 0 && isMeant(Number(id)))
      throw new EnvironmentError(`the environment sends ${signal ?? 'SIGTERM'} to the process that plays it`);
    return kill(id, signal);
  };
}
