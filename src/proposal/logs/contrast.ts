/** Conditions before a write that bad calls meet and good ones do not. */
import { type Fact, type Instance, keyOf, type RecordRead } from './facts.ts';

/** A fact with the values that speak against the call. */
export interface Condition {
  readonly source: string;
  readonly words: string;
  readonly values: readonly (string | boolean)[];
  readonly begins?: true;
  readonly reads: readonly RecordRead[];
}

/** Literals that hold together. */
export interface Contrast {
  readonly tool: string;
  readonly literals: readonly Condition[];
  /** Positions of the traces in which a bad call, and a good one, meets all of them. */
  readonly bad: ReadonlySet<number>;
  readonly good: ReadonlySet<number>;
  /** One-sided chance of so many bad ones among the traces that make the call (Fisher). */
  readonly p: number;
  readonly by: ContrastTerms['by'];
}

export interface ContrastTerms {
  /** outcome: a call is bad where its trace failed; refusal: where the tool refused it. */
  readonly by: 'outcome' | 'refusal';
  readonly isBad: (instance: Instance) => boolean;
  /** Task of a trace, by its position. */
  readonly taskOf: (trace: number) => string;
  /** Most traces with a good call that a rule may meet. */
  readonly tolerated: number;
  /** Whether a rule may hold this value. */
  readonly isPublic: (source: string, value: string | boolean) => boolean;
}

/** Fewer bad traces or tasks say nothing; a tool that refuses says why itself. */
const LEAST_TRACES = { outcome: 3, refusal: 2 } as const;
const LEAST_TASKS = 2;
/** Values are tried in great number: this bar is for looking, a test decides. */
const LIKELY = 0.05;
/** More values than a person would list are data, not kinds. */
const KINDS = 8;

/** Best first: most bad traces, then fewer conditions. */
export function contrastsOf(tool: string, instances: readonly Instance[], terms: ContrastTerms): Contrast[] {
  const { isBad, by } = terms;
  const kinds = literalsOf(instances, terms);
  const [allBad, allGood] = [tracesOf(instances.filter(isBad)), tracesOf(instances.filter((one) => !isBad(one)))];
  if (allBad.size < LEAST_TRACES[by]) return [];
  const found: Contrast[] = [];
  const consider = (literals: readonly Condition[]): void => {
    const met = instances.filter(({ facts }) => literals.every((literal) => holds(literal, facts)));
    const bad = tracesOf(met.filter(isBad));
    const good = tracesOf(met.filter((one) => !isBad(one)));
    if (bad.size < LEAST_TRACES[by] || good.size > terms.tolerated) return;
    if (new Set([...bad].map(terms.taskOf)).size < LEAST_TASKS) return;
    const p = fisher(bad.size, good.size, allBad.size, allGood.size);
    if (p <= LIKELY) found.push({ tool, literals, bad, good, p, by });
  };
  for (const [at, first] of kinds.entries()) {
    consider([first]);
    for (const second of kinds.slice(at + 1))
      if (second.source !== first.source) for (const pair of widened(first, second, instances, terms)) consider(pair);
  }
  return found.sort(byStrength);
}

export const byStrength = (a: Contrast, b: Contrast): number =>
  b.bad.size - a.bad.size || a.literals.length - b.literals.length || a.p - b.p;

const tracesOf = (instances: readonly Instance[]): Set<number> => new Set(instances.map(({ trace }) => trace));

export const holds = (literal: Condition, facts: ReadonlyMap<string, Fact>): boolean => {
  const fact = facts.get(keyOf(literal));
  return fact !== undefined && literal.values.includes(fact.value);
};

/** One literal per value of a fact that has few values. */
function literalsOf(instances: readonly Instance[], { isPublic }: ContrastTerms): Condition[] {
  const facts = new Map<string, { fact: Fact; values: Map<string | boolean, Set<number>> }>();
  for (const { trace, facts: own } of instances)
    for (const fact of own.values()) {
      const entry = facts.get(keyOf(fact)) ?? { fact, values: new Map<string | boolean, Set<number>>() };
      entry.values.set(fact.value, (entry.values.get(fact.value) ?? new Set()).add(trace));
      facts.set(keyOf(fact), entry);
    }
  return [...facts.values()].flatMap(({ fact: { source, words, reads, begins }, values }) => {
    if (values.size > KINDS) return [];
    return [...values].flatMap(([value, traces]) =>
      traces.size >= 2 && isPublic(source, value)
        ? [{ source, words, values: [value], reads, ...(begins ? { begins } : {}) }]
        : [],
    );
  });
}

/** The pair itself, and with all values of one that no good call has beside the other. */
function* widened(
  first: Condition,
  second: Condition,
  instances: readonly Instance[],
  { isBad, isPublic }: ContrastTerms,
): Generator<readonly Condition[]> {
  yield [first, second];
  for (const [wide, fixed] of [
    [first, second],
    [second, first],
  ] as const) {
    const beside = instances.filter(({ facts }) => holds(fixed, facts));
    const values = new Map<string | boolean, boolean>();
    for (const one of beside) {
      const value = one.facts.get(keyOf(wide))?.value;
      if (value !== undefined) values.set(value, (values.get(value) ?? false) || !isBad(one));
    }
    const bad = [...values].flatMap(([value, isGood]) => (!isGood && isPublic(wide.source, value) ? [value] : []));
    if (bad.length > 1 && bad[0] !== undefined && wide.values[0] === bad[0])
      yield [{ ...wide, values: [...bad].sort() }, fixed];
  }
}

/** Chance of at least `a` failing among `a + b` drawn from `failing` and `passing` ones. */
function fisher(a: number, b: number, failing: number, passing: number): number {
  const choose = (n: number, k: number): number => {
    let log = 0;
    for (let i = 1; i <= k; i++) log += Math.log(n - k + i) - Math.log(i);
    return k < 0 || k > n ? Number.NEGATIVE_INFINITY : log;
  };
  const drawn = a + b;
  let sum = 0;
  for (let k = a; k <= Math.min(drawn, failing); k++)
    if (drawn - k <= passing)
      sum += Math.exp(choose(failing, k) + choose(passing, drawn - k) - choose(failing + passing, drawn));
  return sum;
}
