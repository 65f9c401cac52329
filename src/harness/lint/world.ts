/** What lint knows about the environment, and what it reports. */
import type { Json, JsonObject, Tool } from '../../types.ts';
import { argumentSchemas, nearestPath, shapeOfSchema } from '../argument-paths.ts';
import { mergeShapes, type Shapes } from '../shapes.ts';

export interface LintIssue {
  readonly severity: 'error' | 'warning';
  /** A place by id, e.g. `clause renew-once`, `format:order_id`, `caps`. */
  readonly where: string;
  readonly message: string;
}

export interface LintWorld {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly shapes: Shapes;
}

/** The parameters of `done`, which a world need not list. */
const doneParameters: JsonObject = { type: 'object', properties: { summary: { type: 'string' } } };

const parametersOf = (world: LintWorld, tool: string): JsonObject =>
  world.tools.get(tool)?.parameters ?? (tool === 'done' ? doneParameters : {});

/** Argument paths of all these tools. */
export const argumentsOf = (world: LintWorld, tools: readonly string[]): ReadonlySet<string> =>
  new Set(tools.flatMap((tool) => [...argumentSchemas(parametersOf(world, tool)).keys()]));

/** What `args` holds in a call of one of the tools. */
export const argumentsShape = (world: LintWorld, tools: readonly string[]): Json =>
  mergeShapes(tools.map((tool) => shapeOfSchema(parametersOf(world, tool)) ?? {}));

/** `; did you mean slot.date?`, or nothing. */
export function nearMatch(wrong: string, known: Iterable<string>): string {
  const near = nearestPath(wrong, known);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** Required arguments of a tool. */
export function requiredOf(world: LintWorld, tool: string): readonly string[] {
  const required = world.tools.get(tool)?.parameters.required;
  return Array.isArray(required) ? required.map(String) : [];
}
