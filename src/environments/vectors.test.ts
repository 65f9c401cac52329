import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from './vectors.ts';

const data = join(import.meta.dirname, '../../../shared/data/tau2/retail');
const present = existsSync(join(data, 'vectors.jsonl'));
/** `VECTORS=all` for all 734 sequences. */
const EVERY = process.env.VECTORS === 'all' ? 1 : 10;
const note = present ? '' : ` (skipped: no ${data})`;

async function run(...argv: string[]): Promise<{ code: number; out: string[]; errors: string[] }> {
  const out: string[] = [];
  const errors: string[] = [];
  const code = await main(
    argv,
    (line) => out.push(line),
    (line) => errors.push(line),
  );
  return { code, out, errors };
}

describe('vectors', () => {
  it.skipIf(!present)(
    `agrees with upstream on flags, messages and hashes of one in ${EVERY} sequences${note}`,
    async () => {
      const all = readFileSync(join(data, 'vectors.jsonl'), 'utf8').trimEnd().split('\n');
      expect(all).toHaveLength(734);
      const some = all.filter((_, index) => index % EVERY === 0);
      const file = join(mkdtempSync(join(tmpdir(), 'vectors-')), 'v.jsonl');
      writeFileSync(file, some.join('\n'));
      const out = [`${some.length}/${some.length}`];
      expect(await run('retail', file, '--data', data)).toEqual({ code: 0, out, errors: [] });
    },
  );

  it('exits 1 and names the call that differs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vectors-'));
    writeFileSync(join(folder, 'db.json'), '{"products": {}, "users": {}, "orders": {}}');
    const call = { name: 'get_order_details', arguments: { order_id: '#W1' }, error: true, result: 'Error: gone' };
    writeFileSync(join(folder, 'v.jsonl'), JSON.stringify({ source: 's', id: '7', actions: [call], hash: '' }));
    const { code, out, errors } = await run('retail', join(folder, 'v.jsonl'));
    expect([code, out]).toEqual([1, ['0/1']]);
    expect(errors[0]).toContain(
      's 7, call 1 (get_order_details): expected "Error: gone", got "Error: Order not found"',
    );
  });

  it.each([[['retail']], [['airline', 'x']], [['retail', 'absent.jsonl']], [['retail', 'x', '--what']]])(
    'exits 2 on %j',
    async (argv) => {
      const { code, errors } = await run(...argv);
      expect(code).toBe(2);
      expect(errors[0]).toBeTruthy();
    },
  );
});
