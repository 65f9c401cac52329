/** Plots as SVG text: true score over rollouts, reported minus true, false releases a year. */
import { mean } from '../../src/gate/arithmetic.ts';
import type { YearResult } from './jobs.ts';
import type { Scenario } from './scenario.ts';
import { byRule, type Measured, truthAt } from './tables.ts';

const WIDTH = 860;
const HEIGHT = 420;
const LEFT = 60;
const RIGHT = 300;
const TOP = 40;
const BOTTOM = 50;
const COLOURS = [
  '#0b5fff',
  '#5aa9ff',
  '#003a9b',
  '#d1495b',
  '#edae49',
  '#66a182',
  '#8d6a9f',
  '#7a7a7a',
  '#f28482',
  '#f6bd60',
  '#84a59d',
  '#333333',
];

/** File name and text of every plot that the scenarios give something for. */
export function plots(scenarios: readonly Scenario[], measured: readonly Measured[]): [string, string][] {
  const files: [string, string][] = [];
  for (const { name, kind, ...scenario } of scenarios) {
    if (kind !== 'year' || !('nights' in scenario)) continue;
    const rules = byRule(measured.filter(({ job }) => job.scenario === name) as Measured<YearResult>[]);
    if (scenario.nights >= 365) {
      const bars = [...rules].map(([rule, runs]) => [rule, mean(runs.map(({ useless }) => useless))] as const);
      files.push([`${name}-useless.svg`, barPlot(`${name}: accepted changes of no value in a year`, bars)]);
      continue;
    }
    files.push([`${name}-truth.svg`, curvePlot(`${name}: true score over rollouts (mean, least and most)`, rules)]);
    const bars = [...rules].flatMap(([rule, runs]) => {
      const gaps = runs.flatMap((run) => (run.reported === null ? [] : [100 * (run.reported - run.truth)]));
      return gaps.length === 0 ? [] : [[rule, mean(gaps)] as const];
    });
    files.push([`${name}-gap.svg`, barPlot(`${name}: reported minus true, points`, bars)]);
  }
  return files;
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const colourOf = (index: number): string => COLOURS[index % COLOURS.length] as string;

const page = (title: string, body: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<text x="${LEFT}" y="22" font-size="14">${escaped(title)}</text>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');

const words = (x: number, y: number, text: string, anchor = 'start'): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped(text)}</text>`;

function curvePlot(title: string, rules: ReadonlyMap<string, readonly YearResult[]>): string {
  const most = Math.max(...[...rules.values()].flat().map(({ rollouts }) => rollouts));
  const truths = [...rules.values()].flat().flatMap(({ curve }) => curve.map(([, truth]) => truth));
  const low = Math.floor(10 * Math.min(...truths)) / 10;
  const high = Math.ceil(10 * Math.max(...truths)) / 10;
  const x = (rollouts: number) => LEFT + (rollouts / most) * (WIDTH - LEFT - RIGHT);
  const y = (truth: number) => HEIGHT - BOTTOM - ((truth - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const body: string[] = [];
  for (let tenth = Math.round(10 * low); tenth <= Math.round(10 * high); tenth++) {
    body.push(`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tenth / 10)}" y2="${y(tenth / 10)}" stroke="#ddd"/>`);
    body.push(words(LEFT - 8, y(tenth / 10) + 4, (tenth / 10).toFixed(1), 'end'));
  }
  for (let part = 0; part <= 4; part++)
    body.push(words(x((most * part) / 4), HEIGHT - BOTTOM + 18, `${((most * part) / 4000).toFixed(0)}k`, 'middle'));
  body.push(words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, 'rollouts', 'middle'));
  [...rules].forEach(([rule, runs], index) => {
    const end = mean(runs.map(({ rollouts }) => rollouts));
    const at = Array.from({ length: 41 }, (_, step) => (end * step) / 40).map((rollouts) => ({
      rollouts,
      // A year that was a little cheaper than the mean keeps its last score.
      truths: runs.map(({ curve, truth }) => truthAt(curve, rollouts) ?? truth),
    }));
    const path = (of: (truths: readonly number[]) => number) =>
      at.map(({ rollouts, truths }) => `${x(rollouts).toFixed(1)},${y(of(truths)).toFixed(1)}`);
    const band = [...path((t) => Math.max(...t)), ...path((t) => Math.min(...t)).reverse()];
    body.push(`<polygon points="${band.join(' ')}" fill="${colourOf(index)}" opacity="0.08"/>`);
    body.push(`<polyline points="${path(mean).join(' ')}" fill="none" stroke="${colourOf(index)}" stroke-width="2"/>`);
    body.push(
      `<rect x="${WIDTH - RIGHT + 20}" y="${TOP + 20 * index - 9}" width="12" height="10" fill="${colourOf(index)}"/>`,
    );
    body.push(words(WIDTH - RIGHT + 38, TOP + 20 * index, rule));
  });
  return page(title, body);
}

function barPlot(title: string, bars: readonly (readonly [string, number])[]): string {
  const most = Math.max(1e-9, ...bars.map(([, value]) => Math.abs(value)));
  const least = Math.min(0, ...bars.map(([, value]) => value));
  const width = WIDTH - RIGHT - LEFT;
  const scale = width / (most - least);
  const zero = RIGHT - least * scale;
  return page(
    title,
    bars.flatMap(([name, value], index) => {
      const y = TOP + 10 + index * 26;
      const from = value < 0 ? zero + value * scale : zero;
      return [
        words(RIGHT - 10, y + 12, name, 'end'),
        `<rect x="${from.toFixed(1)}" y="${y}" width="${Math.max(1, Math.abs(value) * scale).toFixed(1)}" height="16" fill="${colourOf(index)}"/>`,
        words(zero + Math.max(0, value) * scale + 6, y + 12, value.toFixed(2)),
      ];
    }),
  );
}
