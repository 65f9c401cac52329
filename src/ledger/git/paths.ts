/** Where harness and decisions lie in a repository; all paths are from its top. */
import { isHarnessPath } from '../../harness/paths.ts';

export const harnessFolder = (env: string): string => `harness/${env}`;

/** Path below `harness/<env>/` of a harness file; null for any other path of the repository. */
export function harnessPath(env: string, path: string): string | null {
  const folder = `${harnessFolder(env)}/`;
  if (!path.startsWith(folder)) return null;
  const inner = path.slice(folder.length);
  return isHarnessPath(inner) ? inner : null;
}

/** Path of a decision file from the top of the repository. */
export const decisionPath = (run: string, seq: number): string =>
  `runs/${run}/decisions/${String(seq).padStart(4, '0')}.json`;

/** Path of the signature beside a decision file. */
export const signaturePath = (decision: string): string => decision.replace(/\.json$/, '.sig');

/** Path of the decision file that a signature belongs to; null for any other path. */
export const signedPath = (path: string): string | null =>
  /^runs\/[^/]+\/decisions\/\d{4,}\.sig$/.test(path) ? path.replace(/\.sig$/, '.json') : null;

/** Run and number in the path of a decision file; null for any other path. */
export function parseDecisionPath(path: string): { run: string; seq: number } | null {
  const match = /^runs\/([^/]+)\/decisions\/(\d{4,})\.json$/.exec(path);
  return match ? { run: match[1] as string, seq: Number(match[2]) } : null;
}
