/** Shows events to a person: one line per step on stderr, and a redrawn progress line. */
import { styleText } from 'node:util';
import { printable } from '../harness/text-checks.ts';
import type { Usage, Verdict } from '../types.ts';
import type { Emit, Event, ScoreLine } from './events.ts';

export interface Streams {
  readonly err: NodeJS.WriteStream;
  /** Milliseconds; only differences matter. */
  now(): number;
}

/** 0.4375 -> 43.8 */
export const percent = (score: number): string => (score * 100).toFixed(1);
/** 0.0625 -> +6.3 */
export const points = (effect: number): string => `${effect >= 0 ? '+' : ''}${(effect * 100).toFixed(1)}`;
export const scoreText = ({ score, low, high, tasks }: ScoreLine): string =>
  `${percent(score)} % (95 % interval ${percent(low)} to ${percent(high)}, ${tasks} tasks)`;

/** `1 release`, `2 releases`. */
export const amount = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** `$0.12`; null: unknown price. */
export const money = (usd: number | null): string =>
  usd === null ? 'cost unknown (no --price-in, --price-out)' : `$${usd.toFixed(2)}`;

/** Such as `412 calls, 1,300,000 tokens in (87 % from the prefix cache), 31,000 out`. */
export function tokensText({ calls, inputTokens, outputTokens, cachedTokens }: Usage): string {
  const share = inputTokens === 0 ? 0 : Math.round((100 * cachedTokens) / inputTokens);
  const count = (tokens: number) => tokens.toLocaleString('en-US');
  return `${count(calls)} calls, ${count(inputTokens)} tokens in (${share} % from the prefix cache), ${count(outputTokens)} out`;
}

/**
 * As Markdown that shows the text: no link, image, markup, HTML, mention or list. Brackets part an
 * address, `https[:]//a`, since renderers look for addresses after they have read `&#58;` or `\\:`.
 */
export const inert = (text: string): string =>
  printable(text)
    .replace(/:(?=\/\/)|(?<=\bwww)\.|@/gi, '[$&]')
    .replace(/[\\`*_~[\]!|#$]|^[-+=](?=\s|[-+=]|$)|(?<=^\d+)[.)]/gm, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

/** A page as a person reads it who sees its text and no rendering: what `inert` wrote, undone. */
export const unescaped = (page: string): string =>
  page
    .replace(/\\([\\`*_~[\]!|#$\-+=.)])/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** A subscriber that draws on `err`. */
export function terminal({ err, now }: Streams): Emit {
  const started = now();
  const paint = (style: 'green' | 'red' | 'yellow' | 'bold' | 'dim', text: string) =>
    styleText(style, plain(text), { stream: err });
  const plain = (text: string) => printable(text).replace(/\n/g, ' ');
  let drawn = false;
  let best = '';
  let expected = 0;
  let lastDraw = Number.NEGATIVE_INFINITY;
  const line = (text: string) => {
    if (drawn) err.write('\r\u001b[2K');
    drawn = false;
    err.write(`${text}\n`);
  };
  const redraw = (text: string) => {
    if (!err.isTTY || now() - lastDraw < 80) return;
    lastDraw = now();
    err.write(`\r\u001b[2K${printable(text).slice(0, Math.max(20, (err.columns ?? 100) - 1))}`);
    drawn = true;
  };
  return (event: Event) => {
    switch (event.type) {
      case 'start': {
        const label = event.simulated ? `${event.agent} (SIMULATED: says nothing about any model)` : event.agent;
        expected = event.expectedRollouts;
        line(
          paint('bold', `night ${event.night} on ${event.env}, run ${event.run}${event.resumed ? ' (resumed)' : ''}`),
        );
        line(plain(`agent ${label}; seed ${event.seed}; budget ${event.budget} candidates`));
        line(`tasks: ${event.tasks.train} train, ${event.tasks.dev} dev, ${event.tasks.sealed} sealed`);
        if (event.checked !== null)
          line(
            `environment: found sound on ${event.checked.slice(0, 10)} and unchanged, so not checked again (npx optimize env check ${event.env} does)`,
          );
        return;
      }
      case 'phase':
        return line(paint('dim', `${event.phase}: ${event.detail}`));
      case 'progress': {
        const elapsed = (now() - started) / 1000;
        const perRollout = elapsed / Math.max(1, event.rollouts);
        const left =
          event.rollouts < 20
            ? ''
            : `, about ${Math.ceil(perRollout * Math.max(event.total - event.done, expected - event.rollouts))} s left`;
        return redraw(
          `${event.phase} ${event.done}/${event.total}  ${event.candidates} candidates, ${event.rollouts} rollouts, ${elapsed.toFixed(0)} s${left}${best}`,
        );
      }
      case 'score':
        if (event.split === 'dev')
          best = `  best ${percent(event.score.score)} % (${percent(event.score.low)}-${percent(event.score.high)})`;
        return line(plain(`${event.of} on ${event.split}: ${scoreText(event.score)}`));
      case 'learned':
        for (const note of event.notes) line(paint('dim', `  note: ${note}`));
        return line(
          `proposed ${event.edits} edits (${event.probes} probes): ${event.refused} fail a free check, ${event.repeated} refused before`,
        );
      case 'decision': {
        const accepted = event.verdict.decision === 'accepted';
        const mark = accepted ? paint('green', 'kept    ') : paint('yellow', 'refused ');
        return line(`${mark}${plain(`#${event.seq} ${event.title}: ${verdictText(event.verdict)}`)}`);
      }
      case 'commit':
        return line(paint('dim', `  commit ${event.commit.slice(0, 12)} ${event.subject}`));
      case 'warning':
        return line(paint('yellow', `warning: ${event.message}`));
      case 'summary':
        if (drawn) err.write('\r\u001b[2K');
        drawn = false;
        return;
    }
  };
}

/** Such as `improved, +9.5 points (4.8 to 14.2), 21 better / 6 worse / 73 same, 100 rollouts`. */
export function verdictText(verdict: Verdict): string {
  const parts = [verdict.reason];
  if (verdict.effect !== null) {
    const interval =
      verdict.low === null || verdict.high === null ? '' : ` (${points(verdict.low)} to ${points(verdict.high)})`;
    parts.push(`${points(verdict.effect)} points${interval}`);
  }
  if (verdict.tasks > 0) parts.push(`${verdict.better} better / ${verdict.worse} worse / ${verdict.same} same`);
  if (verdict.rollouts > 0) parts.push(`${verdict.rollouts} rollouts`);
  if (verdict.tasks === 0 && verdict.detail !== '') parts.push(verdict.detail);
  return parts.join(', ');
}
