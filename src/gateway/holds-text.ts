/** Which texts of the model are held back. */
import type { Compiled } from '../runtime/compile.ts';

/** True where a text may be answered, or taken for a call: nobody may read it yet. */
export function holdsText({ answer, realization, monitors, environment }: Compiled): boolean {
  const final = answer.kind === 'text' || environment.user !== undefined;
  return (
    !final ||
    realization.rescue ||
    realization.protocol === 'text' ||
    monitors.some(({ kind }) => /finish|text/.test(kind))
  );
}
