/**
 * 100,000 steps imported and filtered: `npx jiti bench/traces.ts`. Exit 1 above 1 s for a filter.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guessedFlags } from '../dist/traces/formats/flags.js';
import { FORMATS } from '../dist/traces/formats/index.js';
import { importTraces } from '../dist/traces/import.js';
import { openStore } from '../dist/traces/store.js';
import { where } from '../dist/traces/where.js';
import { temporaryRepository } from './temporary.ts';

const CONVERSATIONS = 4_000;
const TURNS = 8;

const { root } = temporaryRepository();
const lines = Array.from({ length: CONVERSATIONS }, (_, n) => {
  const turns = Array.from({ length: TURNS }, (_turn, t) => [
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: `c${t}`, function: { name: `read_${t}`, arguments: '{"id":"R7"}' } }],
    },
    { role: 'tool', tool_call_id: `c${t}`, content: JSON.stringify({ id: 'R7', text: 'x'.repeat(400) }) },
  ]).flat();
  const messages = [{ role: 'system', content: 'y'.repeat(4_000) }, { role: 'user', content: 'Read R7.' }, ...turns];
  return JSON.stringify({
    id: `t${n}`,
    reward: n % 3 === 0 ? 0 : 1,
    messages: [...messages, { role: 'assistant', content: 'Done.' }],
  });
});
const file = join(root, 'traces.jsonl');
writeFileSync(file, lines.join('\n'));

const timed = (work: () => number): { ms: number; count: number } => {
  const started = performance.now();
  const count = work();
  return { ms: Math.round(performance.now() - started), count };
};
const store = () => openStore(root, 'bench');
const request = {
  file,
  format: FORMATS.openai,
  context: guessedFlags('bench'),
  door: { secrets: null, personal: null },
};
const rows = {
  import: timed(() => importTraces(store(), request).imported),
  filter: timed(() => store().summaries().filter(where('reward < 1 && "read_3" in calls && errors == 0')).length),
  read: timed(() => [...store().read()].reduce((sum, { steps }) => sum + steps.length, 0)),
};
for (const [what, { ms, count }] of Object.entries(rows)) console.log(`${what.padEnd(8)} ${ms} ms, ${count}`);
process.exitCode = rows.filter.ms > 1_000 ? 1 : 0;
