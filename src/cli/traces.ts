/** `optimize traces ls | show | count | export | erase | expire`: the trace store. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { openRepository } from '../ledger/git/git.ts';
import { amount } from '../report/terminal.ts';
import { daysOf, holds, olderThan } from '../traces/erase.ts';
import { FORMAT_NAMES, FORMATS } from '../traces/formats/index.ts';
import { openStore, type TraceStore } from '../traces/store.ts';
import { toTrace } from '../traces/stored.ts';
import type { SummaryRow } from '../traces/summary.ts';
import { renderTrace } from '../traces/view.ts';
import { where as filterOf } from '../traces/where.ts';
import { command } from './command.ts';
import { choice, flag, json, text, whole } from './options.ts';
import { say, sayJson } from './output.ts';

const stored = { env: text('<name>', 'what the traces are about'), ...json };
const filtered = {
  ...stored,
  where: text(
    '<cel>',
    'of traces for which it is true: CEL over id, reward, label, model, agent, harness, source, task, calls (names), steps, errors, day',
  ).exactOptional(),
};
type Filter = { readonly env: string; readonly where?: string };

async function opened({ env, where }: Filter): Promise<{ store: TraceStore; rows: readonly SummaryRow[] }> {
  const meets = where === undefined ? () => true : filterOf(where);
  const { root } = await openRepository(process.cwd());
  const store = openStore(root, env);
  return { store, rows: store.summaries().filter(meets) };
}

const idsOf = (rows: readonly { readonly id: string }[]): ReadonlySet<string> => new Set(rows.map(({ id }) => id));

export const tracesCount = command({
  name: 'traces count',
  summary: 'how many traces there are',
  options: z.object(filtered),
  example: `traces count --env my-shop --where 'reward < 1 && "renew" in calls'`,
  async run(flags) {
    const { rows } = await opened(flags);
    if (flags.json) sayJson({ type: 'summary', count: rows.length });
    else say(String(rows.length));
    return EXIT.ok;
  },
});

export const tracesList = command({
  name: 'traces ls',
  summary: 'one line per trace: day, outcome, task, model, calls',
  options: z.object({ ...filtered, limit: whole('<n>', 'list that many, newest first', { least: 1 }).default(50) }),
  example: 'traces ls --env my-shop --where "errors > 0"',
  async run(flags) {
    const { rows } = await opened(flags);
    const shown = [...rows].reverse().slice(0, flags.limit);
    if (flags.json) {
      for (const { failed, ...row } of shown) sayJson({ type: 'trace', ...row, errors: failed.length });
      sayJson({ type: 'summary', count: rows.length, shown: shown.length });
      return EXIT.ok;
    }
    for (const { id, day, reward, label, task, model, calls, failed } of shown) {
      const outcome = reward === null ? (label ?? 'no outcome') : `reward ${reward}`;
      say(
        `${day}  ${id}  ${outcome}, task ${task ?? 'unknown'}, ${model}, ${amount(calls.length, 'call')}, ${amount(failed.length, 'error')}`,
      );
    }
    if (rows.length === 0)
      say(`no traces of ${flags.env} here${flags.where === undefined ? '' : ' for which that is true'}`);
    if (shown.length < rows.length) say(`... of ${amount(rows.length, 'trace')} (--limit ${rows.length} lists all)`);
    return EXIT.ok;
  },
});

export const tracesShow = command({
  name: 'traces show',
  summary: 'one trace with every message, call and result',
  arguments: { '<id>': 'id of a trace, as traces ls gives it' },
  options: z.object(stored),
  example: 'traces show 3f0c9a7d21b4e865 --env my-shop',
  async run(flags, id = '') {
    const { store } = await opened(flags);
    const [trace] = [...store.read(new Set([id]))];
    if (trace === undefined)
      throw new UsageError(
        `no trace "${id}" of ${flags.env} here; list them: npx optimize traces ls --env ${flags.env}`,
      );
    if (flags.json) sayJson({ type: 'trace', ...trace });
    else say(renderTrace(toTrace(trace)));
    return EXIT.ok;
  },
});

export const tracesExport = command({
  name: 'traces export',
  summary: 'write traces as JSON lines, as they are stored or in a format of others',
  options: z.object({
    ...filtered,
    format: choice('<name>', 'form of a line', ['stored', ...FORMAT_NAMES]).default('stored'),
    out: text('<file>', 'write there [stdout]').exactOptional(),
  }),
  example: 'traces export --env my-shop --format atif --out traces.jsonl',
  async run({ format, out, ...flags }) {
    const { store, rows } = await opened(flags);
    const traces = [...store.read(idsOf(rows))];
    const values = format === 'stored' ? traces : FORMATS[format].write(traces);
    const lines = values.map((value) => `${JSON.stringify(value)}\n`).join('');
    if (out === undefined) {
      process.stdout.write(lines);
      return EXIT.ok;
    }
    writeFileSync(resolve(out), lines, { mode: 0o600 });
    if (flags.json) sayJson({ type: 'summary', env: flags.env, exported: traces.length, file: out });
    else say(`${amount(traces.length, 'trace')} of ${flags.env} written to ${out}`);
    return EXIT.ok;
  },
});

export const tracesErase = command({
  name: 'traces erase',
  summary: 'delete traces for good: those that hold a value of a person, or that a filter finds',
  options: z.object({
    ...filtered,
    person: text('<value>', 'a name, number or other value: every trace that holds it').exactOptional(),
    dryRun: flag('only tell which'),
  }),
  example: 'traces erase --env my-shop --person "Mia Li"',
  async run({ person, dryRun: dry, ...flags }) {
    if (person === undefined && flags.where === undefined)
      throw new UsageError(
        'expected --person VALUE or --where CEL, so that nothing is deleted by mistake; found neither',
      );
    if (person !== undefined && person.trim().length < 2)
      throw new UsageError(`--person: expected a value of two characters or more, found ${JSON.stringify(person)}`);
    const { store, rows } = await opened(flags);
    const ids = person === undefined ? idsOf(rows) : idsOf([...store.read(idsOf(rows))].filter(holds(person)));
    if (!dry) store.remove(ids);
    tellRemoved(flags, [...ids], { what: 'erased', dry, left: store.summaries().length - (dry ? ids.size : 0) });
    return EXIT.ok;
  },
});

export const tracesExpire = command({
  name: 'traces expire',
  summary: 'delete traces that are older than so many days',
  options: z.object({
    ...filtered,
    olderThan: text('<days>', 'such as 90d: traces of earlier days go'),
    dryRun: flag('only tell which'),
  }),
  example: 'traces expire --env my-shop --older-than 90d',
  async run({ olderThan: olderThanText, dryRun: dry, ...flags }) {
    const days = daysOf(olderThanText);
    if (days === null)
      throw new UsageError(`--older-than: expected a number of days such as 90d, got ${JSON.stringify(olderThanText)}`);
    const { store, rows } = await opened(flags);
    const ids = idsOf(olderThan(rows, days, new Date()));
    if (!dry) store.remove(ids);
    tellRemoved(flags, [...ids], { what: 'expired', dry, left: store.summaries().length - (dry ? ids.size : 0) });
    return EXIT.ok;
  },
});

function tellRemoved(
  flags: Filter & { readonly json: boolean },
  ids: readonly string[],
  { what, dry, left }: { readonly what: 'erased' | 'expired'; readonly dry: boolean; readonly left: number },
): void {
  if (flags.json) {
    for (const id of ids) sayJson({ type: what, trace: id });
    sayJson({ type: 'summary', env: flags.env, [what]: ids.length, left, dry });
    return;
  }
  for (const id of ids.slice(0, 20)) say(id);
  if (ids.length > 20) say(`... and ${ids.length - 20} more`);
  say(`${amount(ids.length, 'trace')} of ${flags.env} ${dry ? 'would be ' : ''}${what}, ${left} left`);
}
