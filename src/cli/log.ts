/** `optimize log`: decisions, newest first. */

import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { releaseOf } from '../ledger/branch/ledger.ts';
import { momentOf } from '../ledger/git/moment.ts';
import { type Decision, KIND_NAMES, titleOf, verdictOf, versionOf } from '../ledger/kinds/index.ts';
import { verdictText } from '../report/terminal.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering, choice, flag, text } from './options.ts';
import { say, sayJson } from './output.ts';

export const log = command({
  name: 'log',
  summary: 'decisions, newest first',
  options: z.object({
    ...answering,
    all: flag('rejected edits as well'),
    kind: choice('<name>', 'of one kind', KIND_NAMES).exactOptional(),
    verdict: choice('<name>', 'with this verdict', ['accepted', 'rejected', 'inconclusive']).exactOptional(),
    reason: text('<code>', 'for this reason, such as leak, hopeless or guard').exactOptional(),
    run: text('<name>', 'of one run, such as retail-0003').exactOptional(),
    since: text('<date>', 'from this time on, as the committer claims it; a date means its beginning').exactOptional(),
    until: text('<date>', 'up to this time; a date means its end').exactOptional(),
  }),
  example: 'log --env retail --verdict rejected --since 2026-03-01',
  async run(flags) {
    const since = flags.since === undefined ? null : momentOf(flags.since, 'start', '--since');
    const until = flags.until === undefined ? null : momentOf(flags.until, 'end', '--until');
    const { env, ledger } = await ledgerOf(flags);
    const decisions = [...ledger.decisions()].reverse().filter((decision) => {
      const { kind, run, time } = decision;
      const verdict = verdictOf(decision);
      const at = Date.parse(time);
      return (
        (flags.kind === undefined || kind === flags.kind) &&
        (flags.verdict === undefined || verdict?.decision === flags.verdict) &&
        (flags.reason === undefined || verdict?.reason === flags.reason) &&
        (flags.run === undefined || run === flags.run) &&
        (since === null || at >= since) &&
        (until === null || at <= until)
      );
    });
    // A question about rejected edits shows them.
    const all = flags.all || flags.verdict !== undefined || flags.reason !== undefined;
    const shown = all
      ? decisions
      : decisions.filter((one) => one.kind !== 'candidate' || one.verdict.decision === 'accepted');
    const isSimulated = (one: Decision) =>
      one.who.simulated ||
      (versionOf(one) !== null && (releaseOf(ledger, one.child.harness)?.decision.who.simulated ?? false));
    for (const decision of shown) {
      if (flags.json) sayJson({ type: 'decision', ...decision, gate: undefined });
      else {
        const verdict = verdictOf(decision);
        const outcome = verdict === null ? '' : `${verdict.decision}: ${verdictText(verdict)}`;
        say(
          `#${decision.seq}  ${decision.time.slice(0, 16)}  ${decision.run}  ${isSimulated(decision) ? 'SIMULATED ' : ''}${titleOf(decision)}${outcome ? `\n      ${outcome}` : ''}`,
        );
      }
    }
    if (!flags.json && shown.length < decisions.length)
      say(`(${decisions.length - shown.length} rejected edits; add --all)`);
    if (!flags.json && ledger.decisions().length === 0)
      say(`no decision yet; run: npx optimize --budget 20 --env ${env}`);
    else if (!flags.json && decisions.length === 0) say('no decision matches');
    return EXIT.ok;
  },
});
