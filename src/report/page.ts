/** The morning page: what was released, what was learnt and from which failures, what was refused and why, and what to type next. */
import type { DecisionDraft } from '../ledger/decision.ts';
import type { Op } from '../proposal/edit-schema.ts';
import type { Harness } from '../types.ts';
import type { NightSummary } from './events.ts';
import { percent, points, printable, scoreText, verdictText } from './terminal.ts';
import { editTitle } from './title.ts';

export interface PageInput {
  readonly summary: NightSummary;
  readonly decisions: readonly DecisionDraft[];
  readonly head: Harness;
  /** Where the baseline was measured. */
  readonly baselineSplit: 'sealed' | 'dev';
}

/** Markdown; the same text is one screen in a terminal. */
export function morningPage(input: PageInput): string {
  const { summary } = input;
  const lines = [
    `# ${summary.env}, night ${summary.night}: ${summary.released ? `released ${summary.released.version}` : 'nothing released'}`,
    '',
    ...(summary.simulated
      ? [`**SIMULATED agent ${summary.agent}.** These scores are evidence about the optimizer, never about a model.`, '']
      : [`Agent ${summary.agent}.`, '']),
    ...headline(input),
    '',
    ...learnt(input),
    ...refused(input),
    '## Verdicts and cost',
    '',
    verdictCounts(input),
    `${summary.rollouts} rollouts (${summary.voids} void), $${summary.usd.toFixed(2)}, ${summary.seconds} s; seed ${summary.seed}; run ${summary.run}.`,
    '',
    '## Next',
    '',
    ...next(input).map((command) => `    ${command}`),
    '',
  ];
  return `${printable(lines.join('\n'))}`;
}

function headline({ summary, baselineSplit }: PageInput): string[] {
  const { baseline, released } = summary;
  if (released === null) return [`Baseline ${scoreText(baseline)} on ${baselineSplit}.`, '', `No release: ${summary.outcome}`];
  return [
    `**${percent(baseline.score)} % -> ${percent(released.score)} %** on ${released.tasks} sealed tasks: ${points(released.effect)} points` +
      ` (95 % interval ${points(released.effectLow)} to ${points(released.effectHigh)}; selected, so fresh tasks may show less).`,
    '',
    `- baseline ${scoreText(baseline)}`,
    `- released ${scoreText(released)}`,
    `- ${summary.outcome}`,
  ];
}

function learnt({ decisions }: PageInput): string[] {
  const kept = decisions.filter(({ kind, verdict }) => kind === 'candidate' && verdict?.decision === 'accepted');
  if (kept.length === 0) return ['## Learnt', '', 'Nothing was kept tonight.', ''];
  const dropped = new Set(
    kept.filter(({ candidate }) => candidate?.form === 'prune').flatMap(({ candidate }) => candidate?.edits.flatMap((edit) => edit.ops.flatMap(removedId)) ?? []),
  );
  const lines = ['## Learnt', ''];
  for (const decision of kept) {
    if (decision.candidate?.form === 'prune') continue;
    const failures = decision.causes.map(({ pattern, count }) => `${pattern} ${count}`).join(', ');
    lines.push(`Decision ${decision.seq}: ${decision.verdict ? verdictText(decision.verdict) : ''}${failures ? `; failures: ${failures}` : ''}`, '');
    for (const edit of decision.candidate?.edits ?? []) {
      const mark = edit.ops.some((op) => addedIds(op).some((id) => dropped.has(id))) ? ' (dropped again by pruning)' : '';
      lines.push(`- ${editTitle(edit)}${mark}`);
      for (const text of edit.ops.flatMap(saidBy)) lines.push(`  > ${text}`);
      lines.push(`  ${edit.hypothesis}${edit.addresses.length > 0 ? ` Train failures: ${edit.addresses.length}, e.g. ${edit.addresses.slice(0, 2).join(', ')}.` : ''}`);
    }
    lines.push('');
  }
  return lines;
}

/** What the model reads of an edit. */
function saidBy(op: Op): string[] {
  if (op.op === 'clause.add' || op.op === 'clause.replace') return [op.clause.say, op.clause.require && `requires ${op.clause.require}`].filter((text) => text !== undefined);
  if (op.op === 'skill.add') return op.lines.filter((line) => line.trim() !== '');
  if (op.op === 'monitor.add') return [op.monitor.message];
  return [];
}

const addedIds = (op: Op): string[] =>
  op.op === 'clause.add' ? [op.clause.id] : op.op === 'skill.add' ? [op.id] : op.op === 'monitor.add' ? [op.monitor.id] : [];
const removedId = (op: Op): string[] =>
  op.op === 'clause.remove' || op.op === 'skill.remove' || op.op === 'monitor.remove' ? [op.id] : [];

const SHOWN_REFUSALS = 12;

function refused({ decisions }: PageInput): string[] {
  const rejects = decisions.filter(({ kind, verdict }) => kind === 'candidate' && verdict && verdict.decision !== 'accepted');
  if (rejects.length === 0) return ['## Refused', '', 'Nothing was refused tonight.', ''];
  const lines = ['## Refused', '', '| # | what | why |', '| --- | --- | --- |'];
  for (const { seq, candidate, verdict } of rejects.slice(0, SHOWN_REFUSALS)) {
    const edits = candidate?.edits ?? [];
    const title = `${candidate?.form === 'prune' ? 'without: ' : ''}${edits.slice(0, 2).map(editTitle).join('; ')}${edits.length > 2 ? ` and ${edits.length - 2} more` : ''}`;
    lines.push(`| ${seq} | ${cell(title)} | ${cell(verdict ? verdictText(verdict) : '')} |`);
  }
  if (rejects.length > SHOWN_REFUSALS) lines.push(`| | and ${rejects.length - SHOWN_REFUSALS} more | \`optimize log --all\` |`);
  return [...lines, ''];
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 160);

function verdictCounts({ summary }: PageInput): string {
  const reasons = Object.entries(summary.rejected).map(([reason, count]) => `${count} ${reason}`);
  return `${summary.candidates} candidates evaluated, ${summary.kept} kept; refused: ${reasons.join(', ') || 'none'}.`;
}

function next({ summary }: PageInput): string[] {
  const again = `optimize --budget 20 --env ${summary.env}`;
  if (summary.released) return [`optimize apply --env ${summary.env}      # puts ${summary.released.version} into force`, `optimize diff --env ${summary.env} HEAD ${summary.released.version}`];
  return [`${again}      # goes on from here; what was refused is not tried again`, `optimize log --env ${summary.env} --all`];
}
