/** One HTML page of decisions for an auditor: no script, every text escaped. */

import { editTitle } from '../edit/title.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import type { Verdict } from '../types.ts';
import { scoresOf, shownParts } from './shown.ts';
import { amount } from './terminal.ts';

export interface EvidencePage {
  readonly env: string;
  /** All decisions, oldest first. */
  readonly decisions: readonly Decision[];
  /** Numbers of the decisions shown in full. */
  readonly sample: ReadonlySet<number>;
  /** Commit of each decision, by number. */
  readonly commits: ReadonlyMap<number, string>;
  /** One line about a decision. */
  titleOf(decision: Decision): string;
}

/** HTML text; control, bidi, zero-width and tag characters become visible code points. */
export const escaped = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
      character === '\n' ? character : `[U+${(character.codePointAt(0) as number).toString(16).toUpperCase()}]`,
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.3rem .6rem;text-align:left;vertical-align:top}
pre{background:#f5f5f5;padding:.6rem;overflow-x:auto;white-space:pre-wrap}code{overflow-wrap:anywhere}
.accepted{color:#0a5}.rejected{color:#a22}.inconclusive{color:#765}section{border-top:2px solid #333;margin-top:2rem}`;

export function evidencePage({ env, decisions, sample, commits, titleOf }: EvidencePage): string {
  const shown = decisions.filter(({ seq }) => sample.has(seq));
  const simulated = decisions.some(({ who }) => who.simulated);
  const releases = decisions.filter((one) => one.kind === 'release' && one.version !== undefined).length;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Decisions on ${escaped(env)}</title><style>${STYLE}</style></head><body>
<h1>Decisions on ${escaped(env)}</h1>
<p>${amount(decisions.length, 'decision')}, ${amount(releases, 'release')}; ${shown.length} shown in full. ${simulated ? '<strong>Some were made with a SIMULATED agent: those scores are evidence about the program, never about a model.</strong>' : ''}</p>
<p>Nothing on this page has to be believed. <code>python3 verify.py</code> in this folder recomputes the chain, the edits and the verdicts from <code>records/</code> and <code>blobs/</code>;
<code>python3 verify.py --trust FILE</code> also checks the signatures against keys that you were given by another way. Times are what whoever made the record claims; order comes from the numbers.</p>
<table><thead><tr><th>#</th><th>time (claimed)</th><th>run</th><th>what</th><th>decision</th></tr></thead><tbody>
${decisions.map((decision) => rowOf(decision, titleOf, sample)).join('\n')}
</tbody></table>
${shown.map((decision) => sectionOf(decision, titleOf, commits.get(decision.seq) ?? null)).join('\n')}
</body></html>
`;
}

function rowOf(decision: Decision, titleOf: EvidencePage['titleOf'], sample: ReadonlySet<number>): string {
  const { seq, time, run } = decision;
  const { verdict } = shownParts(decision);
  const number = sample.has(seq) ? `<a href="#d${seq}">${seq}</a>` : String(seq);
  return `<tr><td>${number}</td><td>${escaped(time)}</td><td>${escaped(run)}</td><td>${escaped(titleOf(decision))}</td><td>${verdict === undefined ? '' : outcomeOf(verdict)}</td></tr>`;
}

const outcomeOf = ({ decision, reason }: Verdict): string =>
  `<span class="${decision}">${escaped(decision)}</span>: ${escaped(reason)}`;

function sectionOf(decision: Decision, titleOf: EvidencePage['titleOf'], commit: string | null): string {
  const { seq, who, parent, child } = decision;
  const { verdict, gate, causes, checks, edits: tried, limits, loosens } = shownParts(decision);
  const facts: readonly (readonly [string, string])[] = [
    ['record', `records/${String(seq).padStart(4, '0')}.json`],
    ['commit', commit ?? 'none'],
    ['harness before', parent.harness],
    ['harness after', child.harness],
    ['agent', `${who.agent ?? 'none'}${who.simulated ? ', SIMULATED' : ''}; served ${who.served ?? 'nothing'}`],
    ['proposer', who.proposer ?? 'none'],
    ['made by', `${who.tool}, ${who.operator}`],
    ...(verdict === undefined ? [] : ([['verdict', verdict.detail]] as const)),
    ...(gate === undefined ? [] : ([['scores', `${gate.pairs.length} tasks, ${scoresOf(gate.pairs)}`]] as const)),
    ...checks.filter(({ passed }) => !passed).map(({ check, detail }) => [`check ${check}`, detail] as const),
    ...causes.map(
      ({ pattern, cause, count, traces }) =>
        ['failure', `${pattern} (${cause}) in ${count} traces, e.g. ${traces.slice(0, 3).join(', ')}`] as const,
    ),
    ...limits.map((limit) => ['not shown here', limit] as const),
    ...loosens.map((line) => ['gives up', line] as const),
  ];
  const edits = tried.map(
    (edit) =>
      `<h3>${escaped(editTitle(edit))}</h3><p>${escaped(edit.hypothesis)}</p><pre>${escaped(JSON.stringify(edit.ops, null, 1))}</pre>`,
  );
  return `<section id="d${seq}"><h2>${seq}. ${escaped(titleOf(decision))}</h2>
<table>${facts.map(([name, value]) => `<tr><th>${escaped(name)}</th><td><code>${escaped(value)}</code></td></tr>`).join('\n')}</table>
${edits.join('\n')}</section>`;
}
