/** Whether a process of this machine still runs, so that what a killed one left may be removed. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Boot and start time, which no later process with this pid has; '' if unknown, null if gone. */
export function startOf(pid: number): string | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
  }
  try {
    // Fields from the third on; the second, the command's name, may hold spaces and brackets.
    const fields = (/.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '').split(' ');
    // A zombie holds nothing any more.
    if (/[ZX]/.test(fields[0] as string)) return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`;
  } catch {
    return '';
  }
}

/**
 * Where a pid has a meaning: the host, and on Linux the pid namespace, as containers on one volume
 * may have one host name and equal pids.
 */
export function pidSpace(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
