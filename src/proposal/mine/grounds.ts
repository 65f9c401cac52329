/** Turns provenance into clauses that read what a call needs and look up what it names. */
import { type Clause, clauseOf, type Ground, type Read } from '../../harness/schema.ts';
import { idOf, nameWords } from './names.ts';
import { eachOf, inputCel, type Origin, type Provenance, type ReadRule, recordCel, recordsCel } from './sources.ts';

/** From this share of cases on, an argument is copied from the request, not looked up. */
const COPIED = 0.8;

/** Arguments to look up, in an order in which each origin is known. */
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

/** The reads that the bindings need, in order. */
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

/** One clause for list arguments, one per single argument to look up. `paired`: equal lengths. */
export function groundClauses(provenance: Provenance, paired: readonly string[]): Clause[] {
  const grounded = groundedArguments(provenance);
  const lists = grounded.filter((name) => provenance.lists.has(name));
  const single = grounded.filter((name) => !provenance.lists.has(name));
  const { tool } = provenance;
  const clauses = single.map((name) => lookup(provenance, idOf('lookup', name, tool), [name]));
  if (lists.length === 0) return clauses;
  const [a, b] = paired;
  const clause = lookup(provenance, idOf('lookup', tool), lists);
  const told: Clause = { ...clause, say: entriesSentence(a === undefined ? lists : paired, provenance) };
  if (a === undefined || b === undefined) return [told, ...clauses];
  const otherwise = lengthsSentence(tool, a, b);
  return [{ ...told, require: `size(args.${a}) == size(args.${b})`, enforce: 'block', otherwise }, ...clauses];
}

/** Reads and grounds of arguments; what an argument's record reveals is read after its ground. */
function lookup(provenance: Provenance, id: string, grounded: readonly string[]): Clause {
  const origins = grounded.map((name) => provenance.origins.get(name) as Origin);
  const prepare: (Read | Ground)[] = [];
  const left = [...grounded];
  const settle = (argument: string): void => {
    const index = left.indexOf(argument);
    if (index < 0) return;
    left.splice(index, 1);
    prepare.push(groundOf(argument, provenance.origins.get(argument) as Origin, provenance));
  };
  for (const rule of readsFor(provenance, new Set(origins.map((o) => o.binding)))) {
    if (rule.input.from === 'record') settle(rule.input.argument);
    prepare.push(readOf(rule));
  }
  for (const argument of [...left]) settle(argument);
  return clauseOf({ id, tools: [provenance.tool], prepare, max_blocks: 3, priority: 10 });
}

function entriesSentence(lists: readonly string[], provenance: Provenance): string {
  const [first, second] = lists;
  const pairs =
    second === undefined
      ? `${first}: only what the request names.`
      : `${second}: exactly one entry for each entry of ${first}, in the same order.`;
  return `${pairs} ${collectSentence(first ?? '', provenance)}`;
}

/** Such as 'Put all items of one order into one cancel_items call.' */
export function collectSentence(list: string, provenance: Provenance): string {
  const origin = provenance.origins.get(list);
  const whole = origin && origin.each === undefined ? ` of one ${origin.binding}` : '';
  return `Put all ${nameWords(list)}s${whole} into one ${provenance.tool} call.`;
}

const lengthsSentence = (tool: string, a: string, b: string): string =>
  `${a} has {{size(args.${a})}} and ${b} has {{size(args.${b})}} entries. Call ${tool} again with one entry of ${b}, the wanted one, for each entry of ${a}.`;
