/** The answers of a caller's proposers and checks, kept so that none is asked twice. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { VerifyError } from '../errors.ts';

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
  let whole = true;
  if (existsSync(path)) {
    const text = readFileSync(path, 'utf8');
    whole = text === '' || text.endsWith('\n');
    for (const line of text.split('\n').slice(0, -1)) {
      const [key, answer] = readLine(line);
      if (key !== undefined) answers.set(key, answer);
    }
  }
  return {
    get(key) {
      const known = answers.get(key);
      if (known === undefined && options.readOnly)
        throw new VerifyError(`${OWN_ANSWERS} holds no answer of ${key}; restore it from a copy of the run`);
      return known;
    },
    put(key, answer) {
      appendFileSync(path, `${whole ? '' : '\n'}${JSON.stringify([key, answer])}\n`);
      whole = true;
      answers.set(key, answer);
    },
  };
}

function readLine(line: string): [key: string, answer: unknown] | [undefined, null] {
  try {
    return JSON.parse(line) as [string, unknown];
  } catch {
    return [undefined, null];
  }
}
