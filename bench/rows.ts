/**
 * Results of a benchmark, one row a seed, kept in a file as they come: a run that was cut off goes
 * on where it stopped.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { projectRoot } from './temporary.ts';

/** What every row carries: rows of another build, or of other settings, are measured again. */
interface Stamp {
  readonly build: string;
  readonly settings: string;
}

let digest: string | undefined;

/** First 16 hex digits of a SHA-256 over the built code, the first harness and the tasks. */
export function buildDigest(): string {
  if (digest !== undefined) return digest;
  const hash = createHash('sha256');
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (!/\.(map|d\.ts)$/.test(entry.name)) hash.update(relative(projectRoot, path)).update(readFileSync(path));
    }
  };
  for (const folder of ['dist', 'harness/retail', 'evals/retail']) walk(join(projectRoot, folder));
  digest = hash.digest('hex').slice(0, 16);
  return digest;
}

/** The text after `--name`, or null. */
export function text(name: string): string | null {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

/**
 * One row for each key, in the order of `keys`. Rows that `--out FILE` (default: a file of this
 * benchmark in the system's folder for temporary files) holds for this build and these settings are
 * taken from there; the others are measured one after the other and appended. Progress goes to
 * stderr.
 */
export async function rowsOf<Row extends object>(
  name: string,
  settings: Readonly<Record<string, string | number>>,
  keys: readonly (string | number)[],
  measure: (key: string | number) => Promise<Row>,
): Promise<Row[]> {
  const path = text('out') ?? join(tmpdir(), `optimize-bench-${name}.jsonl`);
  const stamp: Stamp = { build: buildDigest(), settings: JSON.stringify(settings) };
  const known = new Map<string, Row>();
  if (existsSync(path))
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const row = parsed(line);
      if (row && row.build === stamp.build && row.settings === stamp.settings) known.set(row.key, row.row as Row);
    }
  const rows: Row[] = [];
  for (const [index, key] of keys.entries()) {
    let row = known.get(String(key));
    if (row === undefined) {
      const started = performance.now();
      row = await measure(key);
      appendFileSync(path, `${JSON.stringify({ ...stamp, key: String(key), row })}\n`);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      process.stderr.write(`${name}: ${index + 1} of ${keys.length} (${key}), ${seconds} s\n`);
    }
    rows.push(row);
  }
  return rows;
}

/** Null for an empty line or one that was cut off. */
function parsed(line: string): (Stamp & { key: string; row: unknown }) | null {
  try {
    return JSON.parse(line) as Stamp & { key: string; row: unknown };
  } catch {
    return null;
  }
}

/** Prints lines of equal columns: the first left, the others right. */
export function printTable(head: readonly string[], lines: readonly (readonly (string | number)[])[]): void {
  const all = [head, ...lines.map((line) => line.map(String))];
  const widths = head.map((_, column) => Math.max(...all.map((line) => (line[column] ?? '').length)));
  for (const line of all)
    console.log(
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    );
}

/** A share as signed points with one decimal. */
export const points = (value: number): string => `${value >= 0 ? '+' : ''}${(100 * value).toFixed(1)}`;

/** A share in per cent. */
export const percent = (value: number, digits = 1): string => `${(100 * value).toFixed(digits)} %`;

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
