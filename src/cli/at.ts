/** `optimize at DATE|COMMIT`: the harness in force, and which decision made each clause. */

import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { parseHarness } from '../harness/parse.ts';
import { clauseOrigins } from '../ledger/branch/history.ts';
import { type HarnessInForce, inForceAt } from '../ledger/branch/in-force.ts';
import { firstHarness } from '../ledger/branch/versions.ts';
import { changesBranch } from '../ledger/kinds/index.ts';
import { changedItemsOf } from '../ledger/kinds/items.ts';
import { endpointText, settingsInForce } from '../ledger/kinds/settings.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering } from './options.ts';
import { say, sayJson } from './output.ts';

export const at = command({
  name: 'at',
  summary: 'the harness in force at a date (ISO; its end) or commit, clause by clause',
  arguments: { '<date>': 'a date such as 2026-03-01, or a commit' },
  options: z.object(answering),
  example: 'at 2026-03-01 --env retail',
  async run(flags, at = '') {
    const { env, ledger } = await ledgerOf(flags);
    const found = await inForceAt(ledger, at);
    const harness = parseHarness(env, found.files);
    const first = (await firstHarness(ledger)) ?? found.files;
    const changed = new Set(
      [
        ...changedItemsOf(env, first, found.files),
        ...found.behind.filter(changesBranch).flatMap((one) => ('touched' in one ? one.touched : [])),
      ].flatMap(({ id, before, after }) => (before === after ? [] : [id])),
    );
    const origins = [...clauseOrigins(found.behind, harness)].map(([id, decision]) => ({
      id,
      decision: decision?.seq ?? null,
      kind: decision?.kind ?? (changed.has(id) ? 'by hand, no decision had taken it over' : 'before the ledger'),
      time: decision?.time ?? null,
    }));
    const endpoints = settingsInForce(found.behind)?.endpoints ?? [];
    if (flags.json)
      sayJson({
        type: 'at',
        at,
        commit: found.commit,
        branch: found.branch,
        time: found.time,
        version: found.version,
        simulated: found.simulated,
        harness: harness.id,
        endpoints,
        rules: origins,
      });
    else {
      const label = found.simulated ? ' (evidence SIMULATED)' : '';
      say(`${env} at ${at}: ${found.version ?? 'no released version'}${label}, harness ${harness.id.slice(0, 12)}`);
      say(`commit ${found.commit}${branchText(found)}, ${found.time} (the committer's claim)`);
      for (const endpoint of endpoints) say(`nights asked ${endpointText(endpoint)}`);
      for (const { id, decision, kind } of origins)
        say(`  ${id.padEnd(40)} ${decision === null ? kind : `decision ${decision} (${kind})`}`);
    }
    return EXIT.ok;
  },
});

function branchText({ branch, applied }: HarnessInForce): string {
  if (branch === null) return '';
  return ` on ${branch} (${applied === null ? 'checked out' : `where decision ${applied.seq} applied ${applied.version}`})`;
}
