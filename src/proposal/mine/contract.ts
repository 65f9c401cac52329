/** Mines the contract of write tools from probes: lookups, states, enums, members, formats. */

import type { Edit } from '../../edit/schema.ts';
import type { Clause } from '../../harness/schema.ts';
import type { Diagnosis, Tool } from '../../types.ts';
import type { MineContext } from './context.ts';
import { learnFormat } from './formats.ts';
import { type EditDraft, matching, toEdit } from './gains.ts';
import { groundClauses, groundedArguments } from './grounds.ts';
import { type Outcome, outcomesOf, rootsOf } from './outcomes.ts';
import {
  argumentNames,
  learnDiffers,
  learnEnums,
  learnMembers,
  learnPair,
  learnState,
  type StatePrecondition,
} from './preconditions.ts';
import { type GoldWrite, type Prober, requiredArguments } from './probe.ts';
import { learnProvenance } from './provenance.ts';
import { at } from './records.ts';
import { differsClause, enumClause, memberClause, requestClause, type Sibling, stateClause } from './rules.ts';
import type { Provenance } from './sources.ts';
import { withFallback } from './wishes.ts';

export interface LearnedContract {
  readonly edits: readonly Edit[];
  readonly provenances: readonly Provenance[];
  readonly notes: readonly string[];
}

interface Learned {
  readonly tool: Tool;
  readonly golds: readonly GoldWrite[];
  readonly provenance: Provenance;
  readonly outcomes: readonly Outcome[];
  readonly state: StatePrecondition | null;
}

/** Skips tools with fewer than 3 oracle calls on train, with a note. */
export async function mineContract(
  context: MineContext,
  prober: Prober,
  golds: readonly GoldWrite[],
): Promise<LearnedContract> {
  const notes: string[] = [];
  const learned: Learned[] = [];
  for (const tool of context.environment.tools.filter((t) => !t.readOnly)) {
    const own = golds.filter((g) => g.call.name === tool.name);
    if (own.length === 0) continue;
    const provenance = await learnProvenance(prober, tool, own);
    if (!provenance) {
      notes.push(`${tool.name}: ${own.length} oracle calls on train are too few to learn from (3 needed).`);
      continue;
    }
    const outcomes = await outcomesOf(prober, provenance, golds, context.random);
    learned.push({ tool, golds: own, provenance, outcomes, state: learnState(provenance, outcomes) });
  }
  const edits: Edit[] = [];
  for (const one of learned) edits.push(...(await clausesOf(context, prober, one, learned, notes)));
  edits.push(...formatsOf(context, learned));
  if (prober.spent)
    notes.push(`The probe budget of ${prober.budget} calls is spent: some preconditions may be missing.`);
  return { edits, provenances: learned.map((l) => l.provenance), notes };
}

async function clausesOf(
  context: MineContext,
  prober: Prober,
  one: Learned,
  all: readonly Learned[],
  notes: string[],
): Promise<Edit[]> {
  const { tool, golds, provenance, state } = one;
  const has = new Set(context.harness.contract.clauses.map((c) => c.id));
  const share = golds.length / Math.max(1, context.tasks.length);
  const failing = context.diagnoses.length;
  const edits: Edit[] = [];
  const add = (clause: Clause | null, draft: Omit<EditDraft, 'ops'>): void => {
    if (clause && !has.has(clause.id)) edits.push(toEdit({ ...draft, ops: [{ op: 'clause.add', clause }] }));
  };
  const where = (...patterns: string[]): Diagnosis[] => matching(context.diagnoses, patterns, { tool: tool.name });
  const pair = await learnPair(prober, golds, provenance);
  const grounded = groundedArguments(provenance);
  for (const looked of groundClauses(provenance, pair)) {
    const clause = await withFallback(looked, golds, context);
    const names = clause.prepare.flatMap((p) => ('ground' in p ? [p.ground.argument] : []));
    const patterns = ['name_for_id', 'invented_id', 'write_before_read', 'wrong_type', 'wrong_value', 'partial'];
    add(clause, {
      hypothesis: `${names.join(' and ')} of ${tool.name} can be looked up from what the call names: no read and no id has to be right.`,
      answers: matching(context.diagnoses, patterns, { tool: tool.name, arguments: names }),
      prior: (names.some((n) => provenance.lists.has(n)) ? 0.5 : 0.1) * share * failing,
      risks: 'A description that fits one record by accident.',
    });
  }
  if (state)
    add(stateClause(provenance, state, siblingsOf(one, all)), {
      hypothesis: `${tool.name} is refused unless ${[state.binding, ...state.path].join('.')} is ${state.allowed.join(' or ')}; the answer names what to call instead.`,
      answers: where('wrong_state', 'wrong_order', 'loop'),
      prior: 0.2 * share * failing,
      risks: 'A state that train never shows would be refused twice before it passes.',
    });
  else if (one.outcomes.some((o) => !o.ok))
    notes.push(`${tool.name}: no field of a read separates its refusals from its successes.`);
  const enums = await learnEnums(prober, golds, provenance);
  for (const [argument, values] of enums)
    add(enumClause(tool.name, argument, values), {
      hypothesis: `${argument} of ${tool.name} has ${values.length} legal values; naming them mends the rest.`,
      answers: matching(context.diagnoses, ['wrong_value', 'invented_id', 'reasoning'], {
        tool: tool.name,
        arguments: [argument],
      }),
      prior: 0.1 * share * failing,
      risks: 'A legal value that train never uses would be refused.',
    });
  if (pair.length === 2 && grounded.includes(pair[1] as string) && (await learnDiffers(prober, golds, pair)))
    add(differsClause(tool.name, pair), {
      hypothesis: `${tool.name} refuses a new value that equals the old one.`,
      answers: where('wrong_value'),
      prior: 0.02 * share * failing,
      risks: 'None known.',
    });
  for (const argument of (await learnMembers(prober, golds, provenance)).filter((a) => !grounded.includes(a)))
    add(memberClause(provenance, argument), {
      hypothesis: `${argument} of ${tool.name} must be one that the reads show.`,
      answers: matching(context.diagnoses, ['invented_id', 'name_for_id'], { tool: tool.name, arguments: [argument] }),
      prior: 0.05 * share * failing,
      risks: 'One read more for each call.',
    });
  const copied = argumentNames(golds).filter(
    (n) =>
      provenance.inRequest.get(n) === 1 &&
      golds.length >= 5 &&
      !enums.has(n) &&
      golds.every((g) => typeof g.call.arguments[n] === 'string'),
  );
  const unasked = where('unasked_write', 'invented_id');
  if (copied.length > 0)
    add(requestClause(tool.name, copied, unasked.length > 0), {
      hypothesis: `Every right call of ${tool.name} copies ${copied.join(', ')} from the request; anything else is invented or unasked.`,
      answers: unasked,
      prior: 0.05 * share * failing,
      risks: 'A request that names the value in other words.',
    });
  return edits;
}

/** Tools with the same required arguments that succeed where this one is refused. */
function siblingsOf(one: Learned, all: readonly Learned[]): Sibling[] {
  const { state } = one;
  if (!state) return [];
  const needs = requiredArguments(one.tool).sort().join(' ');
  return all.flatMap((other): Sibling[] => {
    if (other === one || requiredArguments(other.tool).sort().join(' ') !== needs) return [];
    const values = state.refused.filter((v) =>
      other.outcomes.some((o) => o.ok && at(o.bindings.get(state.binding), state.path) === v),
    );
    return values.length > 0 ? [{ tool: other.tool.name, values }] : [];
  });
}

/** One format per argument, from its right values; looked-up arguments may hold names instead. */
function formatsOf(context: MineContext, learned: readonly Learned[]): Edit[] {
  const looked = new Set(learned.flatMap((l) => groundedArguments(l.provenance)));
  const roots = new Set(learned.flatMap((l) => rootsOf(l.provenance)));
  const has = new Set(context.harness.contract.formats.map((f) => f.argument));
  return [...roots].flatMap((argument): Edit[] => {
    if (looked.has(argument) || has.has(argument)) return [];
    const golds = learned.flatMap((l) => l.golds);
    const values = golds.map((g) => g.call.arguments[argument]).filter((v): v is string => typeof v === 'string');
    const format = learnFormat(argument, values);
    if (!format) return [];
    const answers = matching(context.diagnoses, ['missing_prefix'], { arguments: [argument] });
    return [
      toEdit({
        ops: [{ op: 'format.add', format }],
        hypothesis: `Every ${argument} looks like ${format.pattern}; a dropped prefix is put back.`,
        answers,
        prior: 0.3 * context.diagnoses.length,
        risks: `An ${argument} of another shape would be refused.`,
      }),
    ];
  });
}
