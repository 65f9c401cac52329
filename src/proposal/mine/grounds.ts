/** From provenance to clauses that read what a call needs and look up what it names. */
import type { Clause, Ground, Read } from '../../harness/schema.ts';
import { idOf, wordsOf } from './names.ts';
import { eachOf, inputCel, type Origin, type Provenance, type ReadRule, recordCel, recordsCel } from './sources.ts';

/** Above this share of cases an argument stands in the request, letter for letter: it is copied, never looked up. */
const COPIED = 0.8;

/** Arguments whose values must be looked up, in an order in which each origin is known. */
export function groundedArguments(provenance: Provenance): string[] {
  const open = [...provenance.origins.keys()].filter((name) => (provenance.inRequest.get(name) ?? 0) < COPIED);
  const needs = (name: string): number => (provenance.origins.get(name)?.each === undefined ? 0 : 1);
  return open.sort((a, b) => needs(a) - needs(b));
}

/** A read as the contract writes it. */
export function readOf(rule: ReadRule): Read {
  const each = eachOf(rule);
  if (each === undefined)
    return { read: { as: rule.as, call: rule.tool, with: { [rule.parameter]: inputCel(rule.input) } } };
  return {
    read: { as: rule.as, each: `args.${each}`, call: rule.tool, with: { [rule.parameter]: inputCel(rule.input) } },
  };
}

/** The reads that a set of bindings needs, in order, each with the arguments that must be grounded before it. */
export function readsFor(provenance: Provenance, bindings: ReadonlySet<string>): ReadRule[] {
  const needed = new Set(bindings);
  for (const rule of [...provenance.reads].reverse()) {
    if (!needed.has(rule.as)) continue;
    if (rule.input.from === 'field') needed.add(rule.input.binding);
    if (rule.input.from === 'record') needed.add(rule.input.origin.binding);
  }
  return provenance.reads.filter((r) => needed.has(r.as));
}

function groundOf(argument: string, origin: Origin, provenance: Provenance): Ground {
  const { keep } = origin;
  const old = keep === undefined ? undefined : provenance.origins.get(keep);
  const list = provenance.lists.has(argument);
  return {
    ground: {
      argument,
      from: recordsCel(origin),
      key: origin.key,
      ...(keep === undefined || !old ? {} : { keep: recordCel(old, list ? `args.${keep}[i]` : `args.${keep}`) }),
    },
  };
}

/** The clause that prepares a tool's calls; null if nothing has to be looked up. `paired`: lists that must have equal lengths. */
export function groundClause(provenance: Provenance, paired: readonly string[]): Clause | null {
  const grounded = groundedArguments(provenance);
  if (grounded.length === 0) return null;
  const origins = grounded.map((name) => provenance.origins.get(name) as Origin);
  const reads = readsFor(provenance, new Set(origins.map((o) => o.binding)));
  const prepare: (Read | Ground)[] = [];
  const left = [...grounded];
  const emit = (rule: ReadRule): void => {
    const input = rule.input;
    if (input.from === 'record') settle(input.argument);
    prepare.push(readOf(rule));
  };
  const settle = (argument: string): void => {
    const index = left.indexOf(argument);
    if (index < 0) return;
    left.splice(index, 1);
    prepare.push(groundOf(argument, provenance.origins.get(argument) as Origin, provenance));
  };
  for (const rule of reads) emit(rule);
  for (const argument of [...left]) settle(argument);
  const lists = grounded.filter((name) => provenance.lists.has(name));
  const both = paired.length === 2;
  return {
    id: idOf('lookup', provenance.tool),
    tools: [provenance.tool],
    ...(lists.length === 0 ? {} : { say: entriesSentence(both ? paired : lists, provenance) }),
    tell: 'description',
    prepare,
    ...(both
      ? { require: `size(args.${paired[0]}) == size(args.${paired[1]})`, enforce: 'block' as const }
      : { enforce: 'off' as const }),
    ...(both ? { otherwise: lengthsSentence(provenance.tool, paired) } : {}),
    max_blocks: 3,
    priority: 10,
    evidence: [],
  };
}

function entriesSentence(lists: readonly string[], provenance: Provenance): string {
  const [first, second] = lists;
  const pairs =
    second === undefined
      ? `${first}: only what the request names.`
      : `${second}: exactly one entry for each entry of ${first}, in the same order.`;
  return `${pairs} ${collectSentence(first ?? '', provenance)}`;
}

/** Asks for one call with the whole list, e.g. 'Put all items of one order into one call.' */
export function collectSentence(list: string, provenance: Provenance): string {
  const origin = provenance.origins.get(list);
  const whole = origin && origin.each === undefined ? ` of one ${origin.binding}` : '';
  return `Put all ${wordsOf(list)}s${whole} into one ${provenance.tool} call.`;
}

const lengthsSentence = (tool: string, [a, b]: readonly string[]): string =>
  `${a} has {{size(args.${a})}} and ${b} has {{size(args.${b})}} entries. Call ${tool} again with one entry of ${b} for each entry of ${a}, in the same order: the one that the request wants.`;
