/** The morning page: what was released, learned and rejected, and what to type next. */

import { addedIds, removedIds } from '../edit/key.ts';
import { bundleTitle } from '../edit/title.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../harness/text-checks.ts';
import type { AuditDecision } from '../ledger/kinds/audit.ts';
import type { DecisionDraft } from '../ledger/kinds/index.ts';
import type { Harness, Split, Vocabulary } from '../types.ts';
import type { NightSummary } from './events.ts';
import { lossLines } from './losses.ts';
import { inPlainWords, type PlainEdit, type Unproven } from './plain-edit.ts';
import { amount, inert, money, percent, points, scoreText, tokensText, verdictText } from './terminal.ts';

export interface PageInput {
  readonly summary: NightSummary;
  readonly decisions: readonly DecisionDraft[];
  readonly head: Harness;
  /** Of the environment. */
  readonly vocabulary?: Vocabulary | undefined;
  /** The newest audit before this night; null for none. */
  readonly audit: AuditDecision | null;
  /** Approvals that a release needs to come into force; 0 in mode direct. */
  readonly approvals: number;
  /** True if `mine` alone was asked and proposed nothing. */
  readonly minedNothing: boolean;
  /** Where the baseline was measured. */
  readonly baselineSplit: Split;
}

/** Markdown, about one screen in a terminal. */
export function morningPage(input: PageInput): string {
  const { summary } = input;
  const lines = [
    `# ${summary.env}, night ${summary.night}: ${resultOf(summary)}`,
    '',
    ...(summary.notice === null ? [] : [`**${sentence(cell(summary.notice, 500))}**`, '']),
    ...(summary.simulated
      ? [
          `**SIMULATED agent ${summary.agent}.** These scores are evidence about the optimizer, never about a model.`,
          '',
        ]
      : [`Agent ${cell(summary.agent, 200)}.`, '']),
    ...headline(input),
    ...audited(input),
    '',
    ...(summary.unproven === null ? learnt(input) : unproven(summary.unproven)),
    ...refused(input),
    '## Verdicts and cost',
    '',
    verdictCounts(input),
    ...summary.notes.slice(0, SHOWN_NOTES).map((note) => sentence(cell(note, 200).replace(/\.$/, ''))),
    ...(summary.simulated
      ? []
      : [
          `${tokensText(summary.usage)}${summary.proposerCalls > 0 ? `; ${summary.proposerCalls} calls of the proposer` : ''}.`,
        ]),
    `${summary.rollouts} rollouts (${summary.voids} void), ${money(summary.usd)}, ${summary.seconds} s; seed ${summary.seed}; run ${summary.run}.`,
    ...lossLines(summary.lost).map(inert),
    summary.signer === null
      ? 'The decisions are not signed, so `optimize verify` can tell whether they agree with each other (V1), and not who wrote them; `optimize keys init` makes a key.'
      : `Signed with key ${summary.signer.slice(0, 12)}.`,
    '',
    '## Next',
    '',
    ...next(input).map((command) => `    ${command}`),
    '',
  ];
  return `${printable(lines.join('\n'))}`;
}

/** Most notes of proposers. */
const SHOWN_NOTES = 6;

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function resultOf({ released, unproven }: NightSummary): string {
  if (unproven !== null) return `${amount(unproven.edits.length, 'edit')} proposed, unproven`;
  return released ? `released ${released.version}` : 'nothing released';
}

function headline({ summary, baselineSplit }: PageInput): string[] {
  const { baseline, released } = summary;
  if (released === null)
    return [`Baseline ${scoreText(baseline)} on ${baselineSplit}.`, '', `No release: ${cell(summary.outcome, 500)}`];
  return [
    `**${percent(baseline.score)} % -> ${percent(released.score)} %** on ${released.tasks} sealed tasks: ${points(released.effect)} points` +
      ` (95 % interval ${points(released.effectLow)} to ${points(released.effectHigh)}; selected, so fresh tasks may show less).`,
    '',
    `- baseline ${scoreText(baseline)}`,
    `- released ${scoreText(released)}`,
    `- ${cell(summary.outcome, 500)}`,
  ];
}

/** The only figure without selection. */
function audited({ audit }: PageInput): string[] {
  const detail = audit?.verdict.detail.split(',')[0];
  if (audit === null || detail === undefined) return [];
  return [
    '',
    `Audited: ${detail} (${audit.time.slice(0, 10)}, decision ${audit.seq}${audit.who.simulated ? ', SIMULATED' : ''}).`,
  ];
}

type CandidateDraft = Extract<DecisionDraft, { kind: 'candidate' }>;

const candidatesIn = (decisions: readonly DecisionDraft[]): CandidateDraft[] =>
  decisions.filter((one): one is CandidateDraft => one.kind === 'candidate');

/** Most rows per decision; `optimize show` has the rest. */
const SHOWN_EDITS = 8;

function learnt({ decisions, summary, vocabulary }: PageInput): string[] {
  const kept = candidatesIn(decisions).filter(({ verdict }) => verdict.decision === 'accepted');
  if (kept.length === 0) return ['## Learnt', '', 'Nothing was kept tonight.', ''];
  const prunes = kept.filter(({ form }) => form === 'prune');
  const dropped = new Set(prunes.flatMap(({ edits }) => edits.flatMap((edit) => edit.ops.flatMap(removedIds))));
  const lines = ['## Learnt', ''];
  for (const decision of kept) {
    if (decision.form === 'prune') continue;
    const edits = decision.edits.filter((edit) => !edit.ops.flatMap(addedIds).some((id) => dropped.has(id)));
    const failures = decision.causes
      .slice(0, 6)
      .map(({ pattern, count }) => `${pattern} ${count}`)
      .join(', ');
    lines.push(
      `Decision ${decision.seq}, ${amount(edits.length, 'edit')}: ${cell(verdictText(decision.verdict), 500)}.`,
    );
    if (failures !== '') lines.push(`Train failures that led to it: ${failures}.`);
    lines.push('', ...editTable(inPlainWords(edits, vocabulary).slice(0, SHOWN_EDITS)));
    if (edits.length > SHOWN_EDITS)
      lines.push(
        `| and ${edits.length - SHOWN_EDITS} more | \`optimize show ${decision.seq} --env ${summary.env}\` | | | |`,
      );
    lines.push('');
  }
  const silent = candidatesIn(decisions).flatMap(({ form, edits, verdict }) =>
    form === 'prune' && verdict.reason === 'no_task_differs'
      ? edits.flatMap((edit) => edit.ops.flatMap(removedIds))
      : [],
  );
  if (silent.length > 0)
    lines.push(
      `No dev task depends on these, so only the train failures above speak for them: ${cell([...new Set(silent)].join(', '), 500)}.`,
      '',
    );
  if (dropped.size > 0)
    lines.push(`Dropped again because dev is no worse without: ${cell([...dropped].join(', '), 500)}.`, '');
  return lines;
}

const editTable = (edits: readonly PlainEdit[]): string[] => [
  '| edit | risk | what it says or does | failures | e.g. trace |',
  '| --- | --- | --- | --- | --- |',
  ...edits.map(
    ({ title, risk, says, traces }) =>
      `| ${cell(title, 70)} | ${risk} | ${cell(says, 130)} | ${traces.length} | ${cell(traces[0] ?? '', 40)} |`,
  ),
];

/** Every proposed edit, and how to get it tested. */
function unproven({ why, edits }: Unproven): string[] {
  const lines = ['## Unproven', ''];
  if (edits.length === 0) return [...lines, `Nothing was proposed, and nothing could have been tested: ${why}.`, ''];
  lines.push(
    `These edits answer train failures and pass every free check. Nothing has tested whether they help, and none is in force: ${why}.`,
    'To get them tested, add tasks and type the same command again: a night on enough tasks proposes from there, tests on dev and asks the sealed panel. `proposals.json` beside this page has each edit in full.',
    '',
    ...editTable(edits),
    '',
  );
  return lines;
}

const SHOWN_REFUSALS = 8;

function refused({ decisions, summary }: PageInput): string[] {
  const rejects = candidatesIn(decisions).filter(({ verdict }) => verdict.decision !== 'accepted');
  if (rejects.length === 0) return ['## Refused', '', 'Nothing was refused tonight.', ''];
  const lines = ['## Refused', '', '| # | what | why |', '| --- | --- | --- |'];
  for (const { seq, form, edits, verdict } of rejects.slice(0, SHOWN_REFUSALS)) {
    const title = `${form === 'prune' ? 'prune: ' : ''}${bundleTitle(edits)}`;
    lines.push(`| ${seq} | ${cell(title, 90)} | ${cell(verdictText(verdict), 110)} |`);
  }
  if (rejects.length > SHOWN_REFUSALS)
    lines.push(`| | and ${rejects.length - SHOWN_REFUSALS} more | \`optimize log --all --env ${summary.env}\` |`);
  return [...lines, ''];
}

/** One line of at most `width` characters, which shows its text and does nothing else. */
function cell(text: string, width: number): string {
  const flat = text.replace(/\s+/g, ' ');
  return inert(flat.length > width ? `${flat.slice(0, width - 3)}...` : flat);
}

function verdictCounts({ summary }: PageInput): string {
  const reasons = Object.entries(summary.rejected).map(([reason, count]) => `${count} ${reason}`);
  const again =
    summary.repeated > 0 ? ` Refused before and not tried again: ${summary.repeated} of tonight's proposals.` : '';
  return `${summary.candidates} candidates evaluated, ${summary.kept} kept; refused: ${reasons.join(', ') || 'none'}.${again}`;
}

function next({ summary, approvals, minedNothing }: PageInput): string[] {
  if (summary.unproven !== null) return [`${summary.command}      # with more tasks`];
  const lost = summary.exitCode === EXIT.usage;
  const again = `${summary.command}      # ${lost ? 'with the setting changed' : 'the next night goes on from here'}`;
  const persons = approvals === 1 ? 'a person has to' : `${approvals} persons have to`;
  if (summary.released)
    return [
      `npx optimize diff --env ${summary.env} HEAD ${summary.released.version}`,
      ...(approvals === 0
        ? []
        : [`npx optimize approve ${summary.released.version} --env ${summary.env} --reason "..."      # ${persons}`]),
      `npx optimize apply --env ${summary.env}      # puts ${summary.released.version} into force`,
      again,
    ];
  const log = `npx optimize log --env ${summary.env} --all`;
  return minedNothing ? ['mine found nothing to edit here; a model may: --proposer reflect', log] : [again, log];
}
