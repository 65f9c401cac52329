/** Lets a lookup read the request where train shows that it then finds the right records. */
import { canonicalJson } from '../../digest.ts';
import type { Clause } from '../../harness/schema.ts';
import { toolAnswers } from '../../runtime/answers.ts';
import { type Ask, drive } from '../../runtime/ask.ts';
import { execute } from '../../runtime/calls.ts';
import { compileHarness } from '../../runtime/compile.ts';
import { correctCall, realizeCall } from '../../runtime/realize.ts';
import { openSession } from '../../runtime/session.ts';
import type { Environment, Harness, Json } from '../../types.ts';
import type { GoldWrite } from './probe.ts';

/** Fewest oracle calls that the lookup has to resolve, and the share that must be right. */
const LEAST = 3;
const RIGHT = 0.98;
/** Most oracle calls that are tried. */
const MOST = 40;

/** A description without meaning, the weakest that a model writes. */
const BARE = 'item';

interface Parent {
  readonly harness: Harness;
  readonly environment: Environment;
}

/**
 * Adds `fallback: task.request` to each ground that finds the right record for a description
 * without meaning. A ground that asks back is no mistake.
 */
export async function withFallback(clause: Clause, golds: readonly GoldWrite[], parent: Parent): Promise<Clause> {
  const grounds = clause.prepare.flatMap((step) => ('ground' in step ? [step.ground.argument] : []));
  let known = clause;
  for (const argument of grounds) {
    const extended = reading(known, argument);
    if (await findsRight(extended, argument, golds, parent)) known = extended;
  }
  return known;
}

const reading = (clause: Clause, argument: string): Clause => ({
  ...clause,
  prepare: clause.prepare.map((step) =>
    'ground' in step && step.ground.argument === argument
      ? { ground: { ...step.ground, fallback: 'task.request' } }
      : step,
  ),
});

async function findsRight(
  clause: Clause,
  argument: string,
  golds: readonly GoldWrite[],
  parent: Parent,
): Promise<boolean> {
  const { harness, environment } = parent;
  const rule: Clause = { ...clause, require: undefined, enforce: 'off' };
  const compiled = compileHarness({ ...harness, contract: { ...harness.contract, clauses: [rule] } }, environment);
  let met = 0;
  let right = 0;
  for (const { task, before, call } of golds.slice(0, MOST)) {
    const session = openSession(compiled, task);
    const state = await environment.reset(task);
    const tools = toolAnswers(environment, state);
    const answer = (ask: Ask) => (ask.ask === 'tools' ? tools(ask.calls) : null);
    for (const [index, write] of before.entries())
      await drive(execute(session, [{ id: `before-${index}`, call: write }]), answer);
    const given = { ...call.arguments, [argument]: bare(call.arguments[argument]) };
    const wish = correctCall(session, { id: 'wish', name: call.name, arguments: given });
    const realized = await drive(realizeCall(session, wish), answer);
    await environment.dispose?.(state);
    if (realized.kind !== 'pass') continue;
    met += 1;
    if (asSet(realized.call.arguments[argument]) === asSet(call.arguments[argument])) right += 1;
  }
  return met >= LEAST && right >= RIGHT * met;
}

/** Order-free text: pairs of lists, not the order of one, say what belongs together. */
const asSet = (value: Json | undefined): string =>
  canonicalJson(Array.isArray(value) ? [...value].sort() : (value ?? null));

const bare = (value: Json | undefined): Json => (Array.isArray(value) ? value.map(() => BARE) : BARE);
