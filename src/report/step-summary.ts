/** The summary of a step for GitHub: Markdown below the size that is shown. */
import { appendFileSync } from 'node:fs';
import { printable } from '../harness/text-checks.ts';

/** Bytes: GitHub refuses a step's summary above 1 MB; this much is read by a person. */
const MOST = 64_000;

/** Appends to the file that GITHUB_STEP_SUMMARY names, if it names one. */
export function writeStepSummary(markdown: string, env: NodeJS.ProcessEnv = process.env): void {
  const file = env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  const bytes = Buffer.from(printable(markdown));
  const end = '\n\n(the rest is left out)\n';
  const text = bytes.length < MOST ? bytes : Buffer.concat([bytes.subarray(0, MOST - 200), Buffer.from(end)]);
  // A character that was cut in two is no text.
  appendFileSync(file, `${text.toString('utf8').replaceAll('\ufffd', '')}\n`);
}
