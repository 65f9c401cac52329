/** The answers of a caller's proposers and checks, kept so that none is asked twice. */
import { appendFileSync, statSync } from 'node:fs';
import { jsonOf, STORED_DEPTH } from '../digest.ts';
import { VerifyError } from '../errors.ts';
import { linesOf } from '../files.ts';

/** Name of the file in the folder of a run. */
export const OWN_ANSWERS = 'own.jsonl';

export interface OwnAnswers {
  /** Undefined: not asked yet. Throws VerifyError if a replayed run lacks the answer. */
  get(key: string): unknown;
  put(key: string, answer: unknown): void;
}

/** One JSON line per answer; a line that a kill cut off is dropped. `readOnly` adds none. */
export function fileAnswers(path: string, options: { readonly readOnly?: boolean } = {}): OwnAnswers {
  const answers = new Map<string, unknown>();
  let whole = 0;
  for (const { text, end } of linesOf(path)) {
    const [key, answer] = readLine(text);
    if (key !== undefined) answers.set(key, answer);
    whole = end + 1;
  }
  let cut = whole < (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  return {
    get(key) {
      const known = answers.get(key);
      if (known === undefined && options.readOnly)
        throw new VerifyError(`${OWN_ANSWERS} holds no answer of ${key}; restore it from a copy of the run`);
      return known;
    },
    put(key, answer) {
      appendFileSync(path, `${cut ? '\n' : ''}${JSON.stringify([key, answer])}\n`);
      cut = false;
      answers.set(key, answer);
    },
  };
}

function readLine(line: string): [key: string, answer: unknown] | [undefined, null] {
  try {
    return jsonOf(line, STORED_DEPTH) as [string, unknown];
  } catch {
    return [undefined, null];
  }
}
