/** `optimize show ID`: one decision, from the failures to the commit; or one trace. */

import { z } from 'zod';
import { editTitle } from '../edit/title.ts';
import { knownVocabulary } from '../environments/registry.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { commitOfDecision } from '../ledger/branch/versions.ts';
import { openRepository } from '../ledger/git/git.ts';
import { titleOf } from '../ledger/kinds/index.ts';
import { riskOf } from '../proposal/checks/risk.ts';
import { scoresOf, shownParts } from '../report/shown.ts';
import { verdictText } from '../report/terminal.ts';
import { compactTrace } from '../traces/compact.ts';
import { findTrace, isTraceId } from '../traces/find.ts';
import { renderTrace } from '../traces/view.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering, flag } from './options.ts';
import { say, sayJson } from './output.ts';

export const show = command({
  name: 'show',
  summary: 'one decision: failures, edit, checks, verdict, commit; or one trace',
  arguments: { '<id>': 'number of a decision (7 or #7), vN, or the id of a trace' },
  options: z.object({ ...answering, full: flag('of a trace: every message and result') }),
  example: 'show 7 --env retail',
  async run(flags, id = '') {
    if (isTraceId(id)) return showTrace(id, flags);
    const { env, ledger } = await ledgerOf(flags);
    const decision = ledger
      .decisions()
      .findLast((one) => `${one.seq}` === id.replace(/^#/, '') || (one.kind === 'release' && one.version === id));
    if (decision === undefined)
      throw new UsageError(
        `no decision "${id}" on ${ledger.branch}; expected a number from: npx optimize log --all --env ${env}`,
      );
    const commit = await commitOfDecision(ledger, decision);
    if (flags.json) {
      sayJson({ type: 'decision', commit, ...decision });
      return EXIT.ok;
    }
    const { edits, causes, checks, verdict, gate, limits, loosens } = shownParts(decision);
    const lines = [
      `decision ${decision.seq}: ${titleOf(decision)}`,
      `run ${decision.run}, ${decision.time} (the committer's claim), ${decision.who.agent ?? decision.who.operator}${decision.who.simulated ? ', SIMULATED' : ''}`,
      `commit ${commit}`,
      decision.signer === null ? 'not signed' : `signed with key ${decision.signer}`,
      `harness ${decision.parent.harness.slice(0, 12)} -> ${decision.child.harness.slice(0, 12)}`,
    ];
    for (const { pattern, failure, cause, count, traces } of causes)
      lines.push(`failure ${pattern} (${failure}, ${cause}) in ${count} traces, e.g. ${traces.slice(0, 3).join(', ')}`);
    const vocabulary = await knownVocabulary(decision.env);
    for (const edit of edits) {
      const { risk, why } = riskOf(edit, vocabulary);
      lines.push('', editTitle(edit), `  risk ${risk}: ${why}`, `  why: ${edit.hypothesis.replace(/\s+/g, ' ')}`);
      for (const op of edit.ops)
        lines.push(
          ...JSON.stringify(op, null, 1)
            .split('\n')
            .map((line) => `  ${line}`),
        );
    }
    for (const check of checks) if (!check.passed) lines.push('', `check ${check.check} failed: ${check.detail ?? ''}`);
    if (verdict) lines.push('', `verdict ${verdict.decision}: ${verdictText(verdict)}`, verdict.detail);
    if (gate) lines.push(`scores on ${gate.pairs.length} tasks: ${scoresOf(gate.pairs)}`);
    for (const limit of limits) lines.push(`limit: ${limit}`);
    for (const line of loosens) lines.push(`gives up: ${line}`);
    say(lines.join('\n'));
    return EXIT.ok;
  },
});

/** Leaves out steps that change nothing, unless `full`. */
async function showTrace(id: string, { json, full }: { json?: boolean; full?: boolean }): Promise<number> {
  const { root } = await openRepository(process.cwd());
  const trace = findTrace(root, id);
  if (trace === undefined)
    throw new UsageError(`no trace "${id}" in the runs here; traces stay on the machine that played them`);
  if (json) sayJson({ type: 'trace', ...trace });
  else if (full) say(renderTrace(trace));
  else
    say(
      [
        `${trace.env}, task ${trace.task} (${trace.split}), ${trace.agent}`,
        JSON.stringify(trace.prompt.user),
        '',
        compactTrace(trace),
      ].join('\n'),
    );
  if (!json && trace.steps.length === 0)
    say(
      `Its steps were not kept, because it costs nothing to play it again: npx optimize run --env ${trace.env} --task ${trace.task} --show`,
    );
  return EXIT.ok;
}
