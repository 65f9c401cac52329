/** Commit messages: one subject line, a body, and trailers that index the ledger. */
import type { Oid } from './plumbing.ts';

export interface Message {
  readonly subject: string;
  readonly body?: string;
  /** More trailers, `Key: value`. */
  readonly trailers?: Readonly<Record<string, string>>;
}

export interface MessageIndex {
  readonly env: string;
  /** First and last decision that the commit adds; null for none. */
  readonly seq: readonly [number, number] | null;
  /** SHA-256 of the last decision's bytes. */
  readonly entry: string | null;
  readonly harness: string;
  /** Where the branch began; null except in its first commit. */
  readonly start: Oid | null;
}

/** Text without control and direction characters, so that a message shows all it holds. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();

/** The whole message; the index comes last, so that no body text can pass for it. */
export function commitMessage(message: Message, index: MessageIndex): string {
  const body = (message.body ?? '').split('\n').map(plain).join('\n').trim();
  const lines = [
    ...Object.entries(message.trailers ?? {}).map(([key, value]) => `${key}: ${plain(value)}`),
    `Optimize-Env: ${index.env}`,
    ...(index.start === null ? [] : [`Optimize-Start: ${index.start}`]),
    ...(index.seq === null ? [] : [`Optimize-Seq: ${index.seq[0]}-${index.seq[1]}`]),
    ...(index.entry === null ? [] : [`Optimize-Entry: sha256:${index.entry}`]),
    `Optimize-Harness: ${index.harness}`,
  ];
  return `${[plain(message.subject).slice(0, 160), body, lines.join('\n')].filter((part) => part !== '').join('\n\n')}\n`;
}
