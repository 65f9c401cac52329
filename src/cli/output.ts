/** Results go to stdout, as text or JSON; progress goes to stderr. */
import { printable } from '../harness/text-checks.ts';
import type { Emit } from '../report/events.ts';
import { terminal } from '../report/terminal.ts';

/** On stdout, without control characters. */
export const say = (text: string): void => void process.stdout.write(`${printable(text)}\n`);
export const sayJson = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** Progress goes to stderr; with `json`, events go to stdout. */
export function subscribers(json: boolean): Emit {
  const screen = terminal({ err: process.stderr, now: () => performance.now() });
  return (event) => {
    screen(event);
    if (json && event.type !== 'progress') sayJson(event);
  };
}
