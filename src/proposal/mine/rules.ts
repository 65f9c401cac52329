/** Turns preconditions into clauses that say, check, and answer with what to do instead. */
import { type Clause, clauseOf } from '../../harness/schema.ts';
import { readOf, readsFor } from './grounds.ts';
import { idOf, nameWords } from './names.ts';
import type { StatePrecondition } from './preconditions.ts';
import { type Provenance, recordsCel } from './sources.ts';

const enforced = (given: Parameters<typeof clauseOf>[0]): Clause =>
  clauseOf({ enforce: 'block', max_blocks: 3, ...given });

const text = (value: string | boolean): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

const oneOf = (field: string, values: readonly (string | boolean)[]): string =>
  values.length === 1 ? `${field} == ${values.map(text).join('')}` : `${field} in [${values.map(text).join(', ')}]`;

/** A tool that succeeds where this one is refused, and the values of the field there. */
export interface Sibling {
  readonly tool: string;
  readonly values: readonly (string | boolean)[];
}

export function stateClause(provenance: Provenance, state: StatePrecondition, siblings: readonly Sibling[]): Clause {
  const { tool } = provenance;
  const root = provenance.reads.find((r) => r.as === state.binding);
  const argument = root?.input.from === 'argument' ? root.input.argument : state.binding;
  const field = [state.binding, ...state.path].join('.');
  const words = state.path.join(' ').replace(/_/g, ' ');
  const stop = `Do not call ${tool} for it; go on with the rest of the request.`;
  const next = siblings.reduceRight(
    (otherwise, s) => `${oneOf(field, s.values)} ? "Call ${s.tool} with the same arguments instead." : ${otherwise}`,
    JSON.stringify(stop),
  );
  return enforced({
    id: idOf(state.path.at(-1) ?? 'state', tool),
    tools: [tool],
    say: `Only when the ${state.binding}'s ${words} is ${state.allowed.map(String).join(' or ')}${state.once ? ', and only once' : ''}.`,
    prepare: readsFor(provenance, new Set([state.binding])).map(readOf),
    require: oneOf(field, state.allowed),
    otherwise: `{{args.${argument}}} has ${words} {{${field}}}: ${tool} cannot change it. ${siblings.length > 0 ? `{{${next}}}` : stop}`,
    priority: 20,
  });
}

export function enumClause(tool: string, argument: string, values: readonly string[]): Clause {
  const list = values.map((v) => JSON.stringify(v)).join(', ');
  return enforced({
    id: idOf(argument, tool),
    tools: [tool],
    say: `${argument} is exactly one of: ${values.join('; ')}.`,
    require: `args.${argument} in [${list}]`,
    otherwise: `Call ${tool} again with ${argument} set to exactly one of ${list.replace(/"/g, "'")}, whichever the request means.`,
    priority: 5,
  });
}

export function differsClause(tool: string, [a, b]: readonly string[]): Clause {
  return enforced({
    id: idOf('differs', tool),
    tools: [tool],
    tell: 'off',
    require: `!args.${b}.exists(x, x in args.${a})`,
    otherwise: `An entry of ${b} is the same as one of ${a}. Call ${tool} again: in ${b} describe what the request wants instead, with its name and options.`,
    priority: 4,
  });
}

export function memberClause(provenance: Provenance, argument: string): Clause | null {
  const origin = provenance.origins.get(argument);
  if (!origin || origin.each !== undefined) return null;
  const { tool } = provenance;
  return enforced({
    id: idOf('known', argument, tool),
    tools: [tool],
    tell: 'off',
    prepare: readsFor(provenance, new Set([origin.binding])).map(readOf),
    require: `${recordsCel(origin)}.exists(r, r.${origin.key} == args.${argument})`,
    otherwise: `{{args.${argument}}} is not a ${nameWords(argument)} on file. Call ${tool} again with the one that the request names.`,
    priority: 6,
  });
}

/** Arguments that oracle calls copy from the request; `told` if failures show the need. */
export function requestClause(tool: string, names: readonly string[], told: boolean): Clause {
  return enforced({
    id: idOf('asked', tool),
    tools: [tool],
    ...(told ? { say: `Only if the request asks for it; copy ${names.join(', ')} from the request.` } : {}),
    tell: told ? 'description' : 'off',
    require: names.map((n) => `task.request.contains(args.${n})`).join(' && '),
    otherwise: `Some value is not in the request. Call ${tool} only if the request asks for it, and copy ${names.join(', ')} from the request letter for letter.`,
    priority: 15,
  });
}
