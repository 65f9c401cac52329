/** Results go to stdout, as text or JSON; progress goes to stderr. */
import type { Emit } from '../report/events.ts';
import { terminal } from '../report/terminal.ts';

/** One line on stdout. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);
export const sayJson = (value: object): void => say(JSON.stringify(value));

/** Progress goes to stderr; with `json`, events go to stdout. */
export function subscribers(json: boolean): Emit {
  const screen = terminal({ err: process.stderr, now: () => performance.now() });
  return (event) => {
    screen(event);
    if (json && event.type !== 'progress') sayJson(event);
  };
}
