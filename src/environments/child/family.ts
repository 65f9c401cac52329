/**
 * The process of an environment with all that it started; a variable marks them, also those that
 * left its group.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

const MARK = 'HARNESS_OPTIMIZER_FAMILY';

/** Begins the marks of all families of this process. */
export const OWN = `${process.pid}.${randomBytes(6).toString('hex')}.`;
let families = 0;

/** A mark, and the variables with which processes inherit it. */
export function newFamily(variables: Record<string, string>) {
  const mark = `${OWN}${++families}.`;
  return { mark, variables: { ...variables, [MARK]: mark } };
}

/** The mark of the family that this process belongs to, and the process that plays it. */
export function ownFamily(): { readonly mark: string; readonly parent: number } {
  const mark = process.env[MARK] ?? '';
  return { mark, parent: Number(mark.split('.')[0]) };
}

/** Living processes whose mark begins so; [] on systems without /proc, where the group is all. */
export function membersOf(mark: string): number[] {
  const isMarked = (id: string): boolean => {
    try {
      return `\0${readFileSync(`/proc/${id}/environ`, 'latin1')}`.includes(`\0${MARK}=${mark}`);
    } catch {
      // Another user's process, or one that has just ended.
      return false;
    }
  };
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && isMarked(name))
      .map(Number);
  } catch {
    return [];
  }
}

function end(id: number): boolean {
  try {
    return process.kill(id, 'SIGKILL');
  } catch {
    return false;
  }
}

/** Looks again for what was started meanwhile. */
const PASSES = 3;

/** Ends the group of `leader` and all that carry the mark; this process last, if it is one. */
export function endFamily(leader: number | undefined, mark: string): void {
  const endGroup = () => leader !== undefined && (end(-leader) || end(leader));
  if (leader !== process.pid) endGroup();
  for (let pass = 0; pass < PASSES; pass++) {
    const others = membersOf(mark).filter((id) => id !== process.pid && id !== leader);
    if (others.length === 0) break;
    others.forEach(end);
  }
  if (leader === process.pid) endGroup();
}
