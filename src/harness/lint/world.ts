/** What lint knows of the environment, and what it reports. */
import { isObject } from '../../digest.ts';
import type { Tool } from '../../types.ts';
import type { Shapes } from '../shapes.ts';

export interface LintIssue {
  readonly severity: 'error' | 'warning';
  /** A place by id, e.g. `clause exchange-delivered-once`, `format:order_id`, `caps`. */
  readonly where: string;
  readonly message: string;
}

export interface LintWorld {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly shapes: Shapes;
}

/** Argument names of the tools together; `done` takes a summary. */
export function argumentsOf(world: LintWorld, tools: readonly string[]): ReadonlySet<string> {
  const names = tools.flatMap((name) => {
    const properties = world.tools.get(name)?.parameters.properties;
    if (properties === undefined && name === 'done') return ['summary'];
    return isObject(properties) ? Object.keys(properties) : [];
  });
  return new Set(names);
}

/** Arguments that a tool cannot do without. */
export function requiredOf(world: LintWorld, tool: string): readonly string[] {
  const required = world.tools.get(tool)?.parameters.required;
  return Array.isArray(required) ? required.map(String) : [];
}
