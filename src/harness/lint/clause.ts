/** Lint of one clause: its tools, reads, grounds, and every path in its expressions. */

import type { Json } from '../../types.ts';
import { compileExpression, compileTemplate, type Expression } from '../cel/cel.ts';
import { reservedNames } from '../cel/environment.ts';
import type { Clause, Ground, Read } from '../schema.ts';
import { membersOf, unknownMember } from '../shapes.ts';
import { argumentsOf, argumentsShape, type LintIssue, type LintWorld, nearMatch, requiredOf } from './world.ts';

/** Names in scope with the shape of their values; null = nothing is known. */
type Names = ReadonlyMap<string, Json>;

/** A call of this episode, as `calls` shows it. */
const callShape: Json = [{ name: '', arguments: null, error: false, result: null }];

/** Issues of one clause, without repeats. */
export function lintClause(clause: Clause, world: LintWorld): LintIssue[] {
  const where = `clause ${clause.id}`;
  const issues = new Map<string, LintIssue>();
  const report = (severity: LintIssue['severity'], message: string) => {
    if (!issues.has(message)) issues.set(message, { severity, where, message });
  };
  for (const tool of clause.tools) {
    if (tool !== 'done' && !world.tools.has(tool)) report('error', `there is no tool ${tool}`);
  }
  const known = argumentsOf(world, clause.tools);
  const names = new Map<string, Json>([
    ['args', argumentsShape(world, clause.tools)],
    ['task', { request: '' }],
    ['calls', callShape],
  ]);
  const check = (expression: Expression, scope: Names) => {
    for (const message of pathFaults(expression, scope, known)) report('error', message);
    for (const tool of expression.facts.tools) {
      if (tool !== 'done' && !world.tools.has(tool)) report('error', `\`${expression.source}\` names no tool: ${tool}`);
    }
  };
  for (const step of clause.prepare) {
    if ('read' in step) lintRead(step.read, names, world, report, check);
    else lintGround(step.ground, names, known, report, check);
  }
  if (clause.require !== undefined) check(compileExpression(clause.require), names);
  if (clause.otherwise !== undefined) {
    for (const part of compileTemplate(clause.otherwise).parts) if (typeof part !== 'string') check(part, names);
  }
  lintEnforcement(clause, report);
  return [...issues.values()];
}

type Report = (severity: LintIssue['severity'], message: string) => void;
type Check = (expression: Expression, scope: Names) => void;

function lintRead(read: Read['read'], names: Map<string, Json>, world: LintWorld, report: Report, check: Check): void {
  const tool = world.tools.get(read.call);
  if (!tool) report('error', `there is no tool ${read.call} to read`);
  else if (!tool.readOnly) report('error', `${read.call} is not read-only; only read-only tools may be read`);
  if (reservedNames.has(read.as)) report('error', `${read.as} has a meaning of its own; bind another name`);
  else if (names.has(read.as)) report('error', `${read.as} is bound twice; bind another name`);
  const inner = new Map(names);
  if (read.each !== undefined) {
    check(compileExpression(read.each), names);
    inner.set('it', null);
  }
  for (const source of Object.values(read.with)) check(compileExpression(source), inner);
  if (tool) {
    const known = argumentsOf(world, [read.call]);
    for (const name of Object.keys(read.with)) {
      if (!known.has(name)) report('error', `${read.call} has no argument ${name}${nearMatch(name, known)}`);
    }
    for (const name of requiredOf(world, read.call)) {
      if (!(name in read.with)) report('error', `the read of ${read.call} lacks the argument ${name}`);
    }
  }
  const shape = world.shapes.get(read.call) ?? null;
  names.set(read.as, read.each === undefined ? shape : [shape]);
}

function lintGround(
  ground: Ground['ground'],
  names: Names,
  known: ReadonlySet<string>,
  report: Report,
  check: Check,
): void {
  if (!known.has(ground.argument)) {
    const near = nearMatch(ground.argument, known);
    report('error', `no tool of the clause has an argument ${ground.argument}${near}`);
  }
  const inner = new Map(names).set('i', null);
  check(compileExpression(ground.from), inner);
  if (ground.keep !== undefined) check(compileExpression(ground.keep), inner);
  if (ground.fallback !== undefined) check(compileExpression(ground.fallback), names);
}

/** Messages for unbound names and for members that the bound result does not have. */
function pathFaults(expression: Expression, names: Names, known: ReadonlySet<string>): string[] {
  const { source, facts } = expression;
  return facts.paths.flatMap((path) => {
    const [root = '', ...members] = membersOf(path);
    const shape = names.get(root);
    if (shape === undefined) return [`\`${source}\`: nothing binds the name ${root}`];
    const missing = unknownMember(shape, members);
    if (missing === undefined) return [];
    if (root === 'args') {
      const path = members.join('.').replaceAll('.[]', '[]');
      return [`\`${source}\`: no tool of the clause has an argument ${path}${nearMatch(path, known)}`];
    }
    return [`\`${source}\`: results have no ${missing} at ${path}`];
  });
}

function lintEnforcement(clause: Clause, report: Report): void {
  const { enforce, require, otherwise } = clause;
  if (enforce !== 'off' && require === undefined) report('warning', `enforce: ${enforce} does nothing without require`);
  if (require === undefined || otherwise !== undefined) return;
  if (enforce === 'block' || enforce === 'hard') {
    report('warning', `enforce: ${enforce} needs otherwise: what to do instead, naming a real tool`);
  } else if (enforce === 'note') report('warning', 'enforce: note says nothing without otherwise');
}
