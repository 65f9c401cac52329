/** A store in a temporary folder, and records to load into it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../types.ts';
import { guessedFlags } from './formats/flags.ts';
import { FORMATS, type FormatName } from './formats/index.ts';
import { type Imported, importTraces } from './import.ts';
import type { Door } from './redact.ts';
import { openStore, type TraceStore } from './store.ts';

const open: Door = { secrets: null, personal: null };

export interface StoreFixture {
  readonly root: string;
  readonly store: () => TraceStore;
  readonly load: (
    content: string | Buffer,
    format?: FormatName,
    more?: { readonly labels?: string; readonly door?: Door },
  ) => Imported;
  readonly close: () => void;
}

export function storeFixture(): StoreFixture {
  const root = mkdtempSync(join(tmpdir(), 'store-'));
  const store = () => openStore(root, 'shop', () => new Date('2026-03-05T12:00:00Z'));
  return {
    root,
    store,
    load(content, format = 'openai', more = {}) {
      const file = join(root, 'in.json');
      writeFileSync(file, content);
      const labels = join(root, 'labels');
      if (more.labels !== undefined) writeFileSync(labels, more.labels);
      return importTraces(store(), {
        file,
        format: FORMATS[format],
        context: guessedFlags('shop'),
        door: more.door ?? open,
        ...(more.labels === undefined ? {} : { labels }),
      });
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

export const lines = (...values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** A conversation with one refund. */
export const refund = (id: string, more: object = {}, text = 'Give me my money back for R7.') => ({
  id,
  messages: [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: text },
    { role: 'assistant', content: null, tool_calls: [call('c1', 'get_order', { order: 'R7' })] },
    { role: 'tool', tool_call_id: 'c1', content: '{"order":"R7","state":"paid"}' },
    { role: 'assistant', content: '', tool_calls: [call('c2', 'refund', { order: 'R7' })] },
    { role: 'tool', tool_call_id: 'c2', content: 'Error: too late' },
    { role: 'assistant', content: 'It is refunded.' },
  ],
  ...more,
});
export const call = (id: string, name: string, given: Json | string) => ({
  id,
  type: 'function',
  function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) },
});
