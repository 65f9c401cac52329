/**
 * What it takes to verify a long history: signed nights of 17 candidates on 100 tasks, a look, a
 * release and a note each, checked by the built CLI at V1 and V2. `npx jiti bench/verify.ts
 * [--nights 50] [--repeat 3]`
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recompute } from '../src/gate/record.ts';
import { openLedger } from '../src/ledger/branch/ledger.ts';

import {
  addClause,
  candidate,
  endNight,
  gate,
  heldKey,
  initShop,
  newFolder,
  release,
  removeFolders,
  ringOf,
  trustIn,
} from '../src/ledger/shop.fixture.ts';
import { flag, median, projectRoot } from './temporary.ts';

const nights = flag('nights', 50);
const key = heldKey();
const { dir, repository } = await initShop();
const ledger = await openLedger(repository, 'shop', ringOf(key));
for (let night = 1; night <= nights; night++) {
  const run = `night-${night}`;
  const raced = gate('keep', false, { tasks: 100 });
  const refused = Array.from({ length: 16 }, (_, index) => {
    const { draft } = candidate(ledger, [addClause(`tried-${night}-${index}`)], false, run);
    return { ...draft, gate: raced, verdict: recompute(raced) };
  });
  const { draft, files } = candidate(ledger, [addClause(`rule-${night}`)], true, run);
  await ledger.record({
    decisions: [...refused, draft],
    files,
    message: { subject: `feat(shop): keep rule-${night}` },
  });
  await release(ledger, `v${night}`, run, 0.02);
  await endNight(ledger, run);
  process.stderr.write(`\r${night} of ${nights} nights written`);
}
process.stderr.write('\n');

const outside = newFolder();
writeFileSync(join(outside, 'trust.json'), JSON.stringify(trustIn([key], { shop: 1 })));
const seconds: number[] = [];
const megabytes: number[] = [];
for (let time = 0; time < flag('repeat', 3); time++) {
  const env = { ...process.env, MAX_RSS: join(outside, 'rss') };
  const started = performance.now();
  const said = execFileSync(
    process.execPath,
    [
      ...['--require', join(import.meta.dirname, 'max-rss.cjs'), join(projectRoot, 'dist/cli.js')],
      ...['verify', '--trust', join(outside, 'trust.json')],
    ],
    { cwd: dir, env, encoding: 'utf8' },
  );
  seconds.push((performance.now() - started) / 1000);
  megabytes.push(Number(readFileSync(env.MAX_RSS, 'utf8')) / 1000);
  if (time === 0) process.stdout.write(`${said.split('\n').slice(0, 2).join('\n')}\n`);
}
const range = (values: readonly number[], digits: number): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
process.stdout.write(
  `${ledger.decisions().length} signed decisions: ${range(seconds, 1)} s, ${range(megabytes, 0)} MB, median (min to max) of ${seconds.length}\n`,
);
removeFolders();
