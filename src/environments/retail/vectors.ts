/** Replays recorded call sequences and compares error flags, messages and the database hash. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import type { Json, ToolCall } from '../../types.ts';
import { dataText } from '../data-text.ts';
import type { VectorsReport } from '../folder.ts';
import { readWorld } from './load.ts';
import { openStore, type RetailWorld } from './store.ts';
import { storeHash } from './store-digest.ts';
import { executeRetail } from './tools.ts';

/** One line of a vectors file; `result` is the first 160 characters of a reply. */
export const Vector = z.object({
  source: z.string(),
  id: z.string(),
  actions: z.array(
    z.object({
      name: z.string(),
      arguments: z.record(z.string(), z.json() as z.ZodType<Json>),
      error: z.boolean(),
      result: z.string().optional(),
    }),
  ),
  /** SHA-256 of the database at the end. */
  hash: z.string(),
});
export type Vector = z.infer<typeof Vector>;

/** The first difference to the record, as a sentence; null if everything matches. */
export function mismatch(world: RetailWorld, vector: Vector): string | null {
  const store = openStore(world, 'compat');
  for (const [index, action] of vector.actions.entries()) {
    const call: ToolCall = { name: action.name, arguments: action.arguments };
    const result = executeRetail(store, call);
    const where = `${vector.source} ${vector.id}, call ${index + 1} (${action.name})`;
    if (result.error !== action.error) return `${where}: expected error=${action.error}, got ${result.content}`;
    // The text for a missing or an extra argument is Python's own.
    if (action.result === undefined || /argument/.test(action.result)) continue;
    const text = result.content.slice(0, 160);
    if (text !== action.result) return `${where}: expected "${action.result}", got "${text}"`;
  }
  const hash = storeHash(store);
  return hash === vector.hash
    ? null
    : `${vector.source} ${vector.id}: expected the final hash ${vector.hash}, got ${hash}`;
}

/** Vectors of a JSON Lines file. Throws UsageError with file and line for a missing or bad one. */
export function readVectors(file: string): Vector[] {
  if (!existsSync(file)) throw new UsageError('no such file; give a vectors file in JSON Lines', { where: file });
  const lines = dataText(file).split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [Vector.parse(JSON.parse(line))];
    } catch (cause) {
      throw new UsageError('expected one vector {source, id, actions, hash}', {
        where: `${file}:${index + 1}`,
        cause,
      });
    }
  });
}

/** Plays the vectors of a file on `db.json` of `data`. Throws UsageError. */
export function playVectors(file: string, data = dirname(file)): VectorsReport {
  const vectors = readVectors(file);
  const world = readWorld(join(data, 'db.json'));
  return {
    vectors: vectors.length,
    mismatches: vectors.flatMap((vector) => mismatch(world, vector) ?? []),
  };
}
