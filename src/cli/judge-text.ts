/** The result of `optimize judge` for a person. */
import type { JudgeReport, VersionName } from '../compare/judge.ts';
import type { Agreement, VoteTally } from '../judge/tally.ts';
import { money, percent, points } from '../report/terminal.ts';

const MARGIN = 13;
const row = (name: string, ...lines: readonly string[]): string[] =>
  lines.map((line, at) => `${(at === 0 ? name : '').padEnd(MARGIN)}${line}`);

export function judgeText(report: JudgeReport): string {
  const { pairs, answers, agreement, voids, usd, judgeSimulated } = report;
  return [
    ...row('ranking', ...rankingLines(report), "unproven: a judge's ranking, no release follows from it"),
    ...pairs.flatMap((pair) => row('preferred', pairLine(pair))),
    ...row('position', positionLine(answers)),
    ...row('consistency', consistencyLine(answers)),
    ...row(
      'answers',
      `${answers.votes}; ${answers.unparsable} could not be read, ${answers.unanswered} never came${voids === 0 ? '' : `; ${voids} comparisons left out, a run got no answer`}; ${money(usd)}`,
    ),
    ...row('agreement', agreementLine(agreement)),
    ...(judgeSimulated
      ? row('', 'SIMULATED judge: it is told the true rewards; its figures say nothing of any model')
      : []),
  ].join('\n');
}

const named = ({ ref, harness }: VersionName): string => `${short(ref)} (harness ${harness.slice(0, 12)})`;
const short = (ref: string): string => (/^[0-9a-f]{40}$/.test(ref) ? ref.slice(0, 12) : ref);

function rankingLines({ ranking }: JudgeReport): string[] {
  if (ranking === null) return ['none: some versions could not be compared, too few answers could be read'];
  return ranking.map((version, at) => `${at + 1}. ${named(version)}, ${points(version.mean)} points`);
}

function pairLine({
  a,
  b,
  comparisons,
  preferredA,
  preferredB,
  ties,
  identical,
  positional,
  undecided,
  effect,
}: JudgeReport['pairs'][number]): string {
  const counts =
    `${short(a)} in ${preferredA} of ${comparisons} comparisons, ${short(b)} in ${preferredB}, ${ties} ties ` +
    `(${identical} look the same, ${positional} depend on the position)${undecided === 0 ? '' : `, ${undecided} undecided`}`;
  if (effect === null) return `${counts}; nothing is known`;
  const shown = effect.low > 0 || effect.high < 0 ? '' : ', which may be chance';
  return `${counts}: ${points(effect.mean)} points for ${short(a)} (95 % interval ${points(effect.low)} to ${points(effect.high)})${shown}`;
}

function positionLine({ first, second, positionBias }: VoteTally): string {
  return positionBias === null
    ? 'no answer chose a run'
    : `the first place in ${first} of ${first + second} answers that chose a run: ${points(positionBias)} points of bias`;
}

const consistencyLine = ({ selfConsistency }: VoteTally): string =>
  selfConsistency === null
    ? 'not measured, each order was asked once; --votes 3 asks it again'
    : `${percent(selfConsistency)} % of the questions got the same answer each time`;

function agreementLine(agreement: Agreement | null): string {
  if (agreement === null) return 'not known: nothing scores these tasks';
  const { differing, right, wrong, ties, undecided, share } = agreement;
  const rest = `of ${differing} comparisons whose scores differ ${ties} were called ties${undecided === 0 ? '' : `, ${undecided} undecided`}`;
  if (share === null) return `not known: ${rest}`;
  return `with the scorer in ${right} of ${right + wrong}: ${percent(share.score)} % (95 % interval ${percent(share.low)} to ${percent(share.high)}); ${rest}`;
}
