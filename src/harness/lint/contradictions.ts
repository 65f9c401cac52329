/** Clauses that no call of a tool can satisfy together. */
import { canonicalJson } from '../../digest.ts';
import { compileExpression } from '../cel/cel.ts';
import type { Clause } from '../schema.ts';
import { membersOf } from '../shapes.ts';
import type { LintIssue } from './world.ts';

interface Demand {
  readonly clause: string;
  readonly tool: string;
  /** The path with a bound name replaced by its read, so that clauses can be compared. */
  readonly subject: string;
  readonly values: readonly string[];
}

function demandsOf(clause: Clause): Demand[] {
  if (clause.require === undefined || clause.enforce === 'off') return [];
  const reads = new Map(
    clause.prepare.flatMap((step) => {
      if (!('read' in step)) return [];
      const { as, ...read } = step.read;
      return [[as, canonicalJson(read)] as const];
    }),
  );
  const { constraints } = compileExpression(clause.require).facts;
  return constraints
    .filter(({ path }) => !path.includes('[]'))
    .flatMap(({ path, values }) => {
      const [root = '', ...members] = membersOf(path);
      const subject = [reads.get(root) ?? root, ...members].join('.');
      return clause.tools.map((tool) => ({ clause: clause.id, tool, subject, values: values.map(canonicalJson) }));
    });
}

/** Enforced demands of equal paths, `x == a` or `x in [..]`, without a common value on one tool. */
export function lintContradictions(clauses: readonly Clause[]): LintIssue[] {
  const groups = new Map<string, Demand[]>();
  for (const demand of clauses.flatMap(demandsOf)) {
    const key = canonicalJson([demand.tool, demand.subject]);
    groups.set(key, [...(groups.get(key) ?? []), demand]);
  }
  const issues = new Map<string, LintIssue>();
  for (const group of groups.values()) {
    for (const [index, demand] of group.entries()) {
      const other = group.slice(0, index).find(({ values }) => !values.some((value) => demand.values.includes(value)));
      if (!other || issues.has(demand.clause)) continue;
      const rival = other.clause === demand.clause ? 'itself' : `clause ${other.clause}`;
      issues.set(demand.clause, {
        severity: 'error',
        where: `clause ${demand.clause}`,
        message: `contradicts ${rival}: no call of ${demand.tool} can meet ${demand.values.join(' or ')} and ${other.values.join(' or ')}`,
      });
    }
  }
  return [...issues.values()];
}
