/** May a lookup read the request where the call says nothing? Only if train shows that it then finds the right records. */
import { canonicalJson } from '../../digest.ts';
import type { Clause } from '../../harness/schema.ts';
import { compileHarness } from '../../runtime/compile.ts';
import { realizeCall } from '../../runtime/realize.ts';
import { execute, openSession } from '../../runtime/session.ts';
import type { Environment, Harness, Json } from '../../types.ts';
import type { GoldWrite } from './probe.ts';

/** Oracle calls that must be met, and the share of those met that must be right. */
const LEAST = 3;
const RIGHT = 0.98;
/** Oracle calls that are tried. */
const MOST = 40;

/** A description that describes nothing: the weakest thing that a model writes. */
const BARE = 'item';

/**
 * The clause with `fallback: task.request` in the grounds that keep a record's values, if the oracle's calls come out right when
 * those arguments are replaced by a word without meaning; else the clause as it is. A ground that asks is no mistake.
 */
export function withFallback(
  clause: Clause,
  golds: readonly GoldWrite[],
  context: { readonly harness: Harness; readonly environment: Environment },
): Clause {
  const keeping = clause.prepare.flatMap((step) =>
    'ground' in step && step.ground.keep !== undefined ? [step.ground.argument] : [],
  );
  if (keeping.length === 0) return clause;
  const extended: Clause = {
    ...clause,
    prepare: clause.prepare.map((step) =>
      'ground' in step && step.ground.keep !== undefined
        ? { ground: { ...step.ground, fallback: 'task.request' } }
        : step,
    ),
  };
  const { harness, environment } = context;
  const alone: Harness = {
    ...harness,
    contract: { ...harness.contract, clauses: [{ ...extended, require: undefined, enforce: 'off' }] },
  };
  const compiled = compileHarness(alone, environment);
  let met = 0;
  let right = 0;
  for (const { task, before, call } of golds.slice(0, MOST)) {
    const session = openSession(compiled, task);
    for (const [index, write] of before.entries()) execute(session, `before-${index}`, write);
    const given = { ...call.arguments };
    for (const argument of keeping) given[argument] = bare(given[argument]);
    const realized = realizeCall(session, { id: 'wish', name: call.name, arguments: given });
    if (realized.kind !== 'pass') continue;
    met += 1;
    const same = (argument: string) =>
      canonicalJson(realized.call.arguments[argument] ?? null) === canonicalJson(call.arguments[argument] ?? null);
    if (keeping.every(same)) right += 1;
  }
  return met >= LEAST && right >= RIGHT * met ? extended : clause;
}

const bare = (value: Json | undefined): Json => (Array.isArray(value) ? value.map(() => BARE) : BARE);
