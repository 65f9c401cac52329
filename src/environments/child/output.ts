/** What an environment prints goes to stderr; stdout is ours. */
import type { ChildProcess } from 'node:child_process';

/** Characters of one process that are shown. */
const MOST_OUTPUT = 20_000;

/** Without control characters, line ends and tabs apart. */
export const shownText = (text: string): string => text.replace(/(?![\n\t])\p{Cc}/gu, '');

/** Reads to the end, also what is not shown: a full pipe would hold the process. */
export function showOutput(child: ChildProcess): void {
  let left = MOST_OUTPUT;
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      if (left <= 0) return;
      if (/<--- Last few GCs|----- Native stack trace/.test(text)) {
        left = 0;
        return;
      }
      const shown = shownText(text.slice(0, left));
      left -= text.length;
      if (shown !== '') process.stderr.write(shown);
      if (left <= 0)
        process.stderr.write(`\noptimize: what the environment prints beyond ${MOST_OUTPUT} characters is left out\n`);
    });
}
