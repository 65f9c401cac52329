/** `optimize at DATE|COMMIT`: the harness in force, each clause with the decision that put it there. */
import { parseHarness } from '../harness/parse.ts';
import { clauseOrigins, inForceAt } from '../ledger/history.ts';
import { EXIT } from './exit.ts';
import { type LedgerFlags, ledgerOf, say, sayJson } from './open-ledger.ts';

export async function atCommand(given: Record<string, unknown>, at = ''): Promise<number> {
  const flags = given as unknown as LedgerFlags;
  const { env, ledger } = await ledgerOf(flags);
  const found = await inForceAt(ledger, at);
  const harness = parseHarness(env, found.files);
  const origins = [...clauseOrigins(ledger.decisions(), harness)].map(([id, decision]) => ({
    id,
    decision: decision?.seq ?? null,
    kind: decision?.kind ?? 'before the ledger',
    time: decision?.time ?? null,
  }));
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
      rules: origins,
    });
  else {
    const label = found.simulated ? ' (evidence SIMULATED)' : '';
    say(`${env} at ${at}: ${found.version ?? 'no released version'}${label}, harness ${harness.id.slice(0, 12)}`);
    say(`commit ${found.commit}${found.branch ? ` on ${found.branch}` : ''}, ${found.time} (the committer's claim)`);
    for (const { id, decision, kind } of origins)
      say(`  ${id.padEnd(40)} ${decision === null ? kind : `decision ${decision} (${kind})`}`);
  }
  return EXIT.ok;
}
