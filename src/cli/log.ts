/** `optimize log`: decisions, newest first. */

import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { releaseOf } from '../ledger/branch/ledger.ts';
import type { Decision } from '../ledger/format/decision.ts';
import { KINDS } from '../ledger/format/kinds.ts';
import { momentOf } from '../ledger/git/moment.ts';
import { printable, verdictText } from '../report/terminal.ts';
import { bundleTitle } from '../report/title.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering, choice, flag, text } from './options.ts';
import { say, sayJson } from './output.ts';

const keyChangeText = (change: Decision['keys']): string =>
  change?.action === 'rotate'
    ? `key ${change.old.slice(0, 12)} is followed by ${change.new.slice(0, 12)}`
    : `key ${change?.keyid.slice(0, 12)} does not count from decision ${change?.from} on`;

/** What a decision was about, one line. */
export function decisionTitle({ kind, candidate, version, target, why, keys }: Decision): string {
  if (kind === 'candidate' && candidate) return `${candidate.form} ${bundleTitle(candidate.edits)}`;
  if (kind === 'approve' || kind === 'reject') return `${kind} ${version ?? ''}: ${why ?? ''}`;
  if (kind === 'settings') return 'what nights run under';
  if (kind === 'look') return 'open a look at the sealed panel';
  if (kind === 'release') return version === null ? 'look at the sealed panel' : `release ${version}`;
  if (kind === 'audit') return `audit of ${version ?? ''}`;
  if (kind === 'apply') return `apply ${version ?? ''} to ${target?.branch ?? 'a branch'}`;
  if (kind === 'rollback') return `roll back to ${version ?? ''}`;
  if (kind === 'freeze' || kind === 'unfreeze') return `${kind}: ${why ?? ''}`;
  if (kind === 'external') return 'edits by a person, not tested by the gate';
  if (kind === 'keys') return keyChangeText(keys);
  if (kind === 'expire') return 'raw traces deleted, their time was over';
  return kind === 'note' ? 'end of the night' : kind;
}

export const log = command({
  name: 'log',
  summary: 'decisions, newest first',
  options: z.object({
    ...answering,
    all: flag('refused edits as well'),
    kind: choice('<name>', 'of one kind', KINDS).exactOptional(),
    verdict: choice('<name>', 'so decided', ['accepted', 'rejected', 'inconclusive']).exactOptional(),
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
      const { kind, verdict, run, time } = decision;
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
    // A question about refused edits shows them.
    const all = flags.all || flags.verdict !== undefined || flags.reason !== undefined;
    const shown = all
      ? decisions
      : decisions.filter(({ kind, verdict }) => kind !== 'candidate' || verdict?.decision === 'accepted');
    const isSimulated = ({ who, child, version }: Decision) =>
      who.simulated || (version !== null && (releaseOf(ledger, child.harness)?.decision.who.simulated ?? false));
    for (const decision of shown) {
      if (flags.json) sayJson({ type: 'decision', ...decision, gate: undefined });
      else {
        const outcome = decision.verdict ? `${decision.verdict.decision}: ${verdictText(decision.verdict)}` : '';
        say(
          printable(
            `#${decision.seq}  ${decision.time.slice(0, 16)}  ${decision.run}  ${isSimulated(decision) ? 'SIMULATED ' : ''}${decisionTitle(decision)}${outcome ? `\n      ${outcome}` : ''}`,
          ),
        );
      }
    }
    if (!flags.json && shown.length < decisions.length)
      say(`(${decisions.length - shown.length} refused edits; add --all)`);
    if (!flags.json && ledger.decisions().length === 0)
      say(`no decision yet; run: npx optimize --budget 20 --env ${env}`);
    else if (!flags.json && decisions.length === 0) say('no decision is so');
    return EXIT.ok;
  },
});
