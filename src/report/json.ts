/** Shows events to a program: compact JSON, one object a line. */
import type { Emit } from './events.ts';

/** Progress stays on stderr: stdout holds what a script keeps. */
export const jsonLines =
  (write: (text: string) => void): Emit =>
  (event) => {
    if (event.type !== 'progress') write(`${JSON.stringify(event)}\n`);
  };
