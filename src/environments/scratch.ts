/** Folders that live as long as a rollout: all in one place, named after the process that plays. */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../digest.ts';
import { InfrastructureError } from '../errors.ts';
import { endFamily, OWN, ownFamily } from './child/family.ts';

/** Process ids mean something in one place alone, and containers may share a folder. */
function placeOfIds(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

const place = (): string =>
  join(tmpdir(), `harness-optimizer-${process.getuid?.() ?? 0}-${sha256(placeOfIds()).slice(0, 8)}`);

/** Begins the marks of all that the process that plays has started. */
const ownMark = (): string => {
  const [pid, nonce] = ownFamily().mark.split('.');
  return pid !== undefined && nonce !== undefined ? `${pid}.${nonce}.` : OWN;
};

const ownFolder = (): string => join(place(), ownMark().slice(0, -1));

/** A fresh empty folder, its real path. Throws InfrastructureError where another user sits. */
export function openScratch(kind: string): string {
  mkdirSync(place(), { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(place());
  if (!lstatSync(place()).isDirectory() || uid !== (process.getuid?.() ?? uid))
    throw new InfrastructureError(`${place()} belongs to somebody else; remove it, or set TMPDIR`);
  mkdirSync(ownFolder(), { recursive: true, mode: 0o700 });
  return realpathSync(mkdtempSync(join(ownFolder(), `${kind}-`)));
}

export const closeScratch = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });

/** At the end of the process that plays: its folders, whatever is in them. */
export const closeAllScratch = (): void => closeScratch(ownFolder());

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Ends what processes that are gone had started, and removes their folders. */
export function sweepScratch(): void {
  let names: string[];
  try {
    names = readdirSync(place());
  } catch {
    return;
  }
  for (const name of names) {
    const pid = Number(/^(\d+)\.[0-9a-f]+$/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    endFamily(undefined, `${name}.`);
    closeScratch(join(place(), name));
  }
}
