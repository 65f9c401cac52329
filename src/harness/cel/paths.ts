/** What an expression reads, from its parsed form: paths, tools and literal constraints. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from '../../types.ts';

/** A top-level conjunct that ties a path to literals: `x == a` (one value) or `x in [a, b]`. */
export interface Constraint {
  readonly path: string;
  readonly values: readonly Json[];
}

export interface ExpressionFacts {
  /** Longest member paths, in order of appearance; `[]` stands for any element of a list or map. */
  readonly paths: readonly string[];
  /** Paths that only `has()` asks for; they need not exist. */
  readonly optional: readonly string[];
  /** Tools named in `called` and `count`. */
  readonly tools: readonly string[];
  readonly constraints: readonly Constraint[];
  /** Offset of a call of `matches`; undefined if there is none. */
  readonly matchesAt: number | undefined;
}

/** Where a value comes from: a path, a new list of values from paths, or unknown. */
type Origin = { readonly path: string } | { readonly elements: Origin } | undefined;
type Names = ReadonlyMap<string, Origin>;

const elementOf = (origin: Origin): Origin => {
  if (origin === undefined) return undefined;
  return 'path' in origin ? { path: `${origin.path}[]` } : origin.elements;
};

const literal = (node: ASTNode): Json | undefined => {
  if (node.op !== 'value') return undefined;
  if (typeof node.args === 'bigint') return Number(node.args);
  return typeof node.args === 'object' && node.args !== null ? undefined : (node.args as Json);
};

const comprehensions = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

/** Walks a parsed expression once. */
export function collectFacts(root: ASTNode): ExpressionFacts {
  const paths = new Set<string>();
  const optional = new Set<string>();
  const tools = new Set<string>();
  let matchesAt: number | undefined;

  /** A value's origin. Its last user reports the path, so that only the longest paths remain. */
  function originOf(node: ASTNode, names: Names): Origin {
    switch (node.op) {
      case 'id':
        return names.has(node.args) ? names.get(node.args) : { path: node.args };
      case '.':
      case '.?':
        return memberOf(originOf(node.args[0], names), node.args[1]);
      case '[]':
      case '[?]': {
        const key = literal(node.args[1]);
        if (key === undefined) use(node.args[1], names);
        const base = originOf(node.args[0], names);
        // A key that is not a name could look like the path's own signs.
        return typeof key === 'string' && /^\w+$/.test(key) ? memberOf(base, key) : elementOf(base);
      }
      case 'call':
        return originOfCall(node.args[0], node.args[1], names);
      case 'rcall':
        return originOfMethod(node, node.args[0], node.args[1], node.args[2], names);
      case '?:': {
        use(node.args[0], names);
        const [left, right] = [originOf(node.args[1], names), originOf(node.args[2], names)];
        report(right);
        return left;
      }
      case 'value':
        return undefined;
      case 'list':
        for (const item of node.args) use(item, names);
        return undefined;
      case 'map':
        for (const [key, value] of node.args) {
          use(key, names);
          use(value, names);
        }
        return undefined;
      case '!_':
      case '-_':
        use(node.args, names);
        return undefined;
      default:
        for (const operand of node.args) use(operand, names);
        return undefined;
    }
  }

  function memberOf(base: Origin, key: string): Origin {
    if (base === undefined) return undefined;
    if ('path' in base) return { path: `${base.path}.${key}` };
    report(base);
    return undefined;
  }

  function report(origin: Origin): void {
    if (origin === undefined) return;
    if ('path' in origin) paths.add(origin.path);
    else report(origin.elements);
  }

  const use = (node: ASTNode, names: Names): void => report(originOf(node, names));

  function originOfCall(name: string, operands: readonly ASTNode[], names: Names): Origin {
    const first = operands[0];
    if (name === 'has' && first) {
      const origin = originOf(first, names);
      if (origin && 'path' in origin) optional.add(origin.path);
      return undefined;
    }
    if ((name === 'called' || name === 'count') && first) {
      const tool = literal(first);
      if (typeof tool === 'string') tools.add(tool);
    }
    if (name === 'values' && first) {
      const elements = elementOf(originOf(first, names));
      return elements && { elements };
    }
    if (name === 'dyn' && first) return originOf(first, names);
    for (const operand of operands) use(operand, names);
    return undefined;
  }

  function originOfMethod(
    node: ASTNode,
    name: string,
    receiver: ASTNode,
    operands: readonly ASTNode[],
    names: Names,
  ): Origin {
    if (name === 'matches') matchesAt ??= node.pos;
    const [variable, ...bodies] = operands;
    if (comprehensions.has(name) && variable?.op === 'id') {
      const list = originOf(receiver, names);
      const inner = new Map(names).set(variable.args, elementOf(list));
      if (name === 'map') {
        for (const body of bodies.slice(0, -1)) use(body, inner);
        const last = bodies.at(-1);
        const elements = last && originOf(last, inner);
        return elements && { elements };
      }
      for (const body of bodies) use(body, inner);
      if (name === 'filter') return list;
      if (bodies.length === 0 || !list || !('path' in list) || !touches(`${list.path}[]`)) report(list);
      return undefined;
    }
    if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel' && variable?.op === 'id') {
      const [value, body] = bodies;
      if (!value || !body) return undefined;
      return originOf(body, new Map(names).set(variable.args, originOf(value, names)));
    }
    for (const operand of [receiver, ...operands]) use(operand, names);
    return undefined;
  }

  const touches = (prefix: string): boolean => [...paths].some((path) => path.startsWith(prefix));

  use(root, new Map());
  const constraints = conjuncts(root).flatMap((node) => constraintOf(node, (operand) => originOf(operand, new Map())));
  return { paths: [...paths], optional: [...optional], tools: [...tools], constraints, matchesAt };
}

const conjuncts = (node: ASTNode): ASTNode[] =>
  node.op === '&&' ? [...conjuncts(node.args[0]), ...conjuncts(node.args[1])] : [node];

function constraintOf(node: ASTNode, originOf: (node: ASTNode) => Origin): Constraint[] {
  if (node.op === '==') {
    for (const [subject, value] of [node.args, [node.args[1], node.args[0]] as const]) {
      const wanted = literal(value);
      const origin = wanted === undefined ? undefined : originOf(subject);
      if (wanted !== undefined && origin && 'path' in origin) return [{ path: origin.path, values: [wanted] }];
    }
  }
  if (node.op === 'in' && node.args[1].op === 'list') {
    const values = node.args[1].args.map(literal);
    const origin = originOf(node.args[0]);
    const known = values.filter((value) => value !== undefined);
    if (origin && 'path' in origin && known.length === values.length) return [{ path: origin.path, values: known }];
  }
  return [];
}
