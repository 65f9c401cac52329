/** A harness made ready for one environment: texts, expressions and patterns compiled once. */
import { compileExpression, type Expression } from '../harness/cel/cel.ts';
import { type Clause, Contract, HarnessSettings, type Monitor, Regulation } from '../harness/schema.ts';
import type { Agent, AnswerForm, Environment, Harness, Task, Tool, User } from '../types.ts';
import { NEUTRAL } from '../vocabulary.ts';
import { toolsOf } from './done.ts';
import { type CompiledFormat, compileFormat } from './formats.ts';
import { describeTools, systemText } from './prompt.ts';
import { shapeOf, type ToolShape } from './shapes.ts';
import { indexSkills, type Retrieved, type SkillIndex } from './skills.ts';
import { workText } from './work-text.ts';

/** What the machine knows about an environment, none of whose functions it calls. */
export interface Surface extends Pick<Environment, 'tools' | 'maxTurns' | 'vocabulary' | 'answer'> {
  /** Present if somebody answers what the agent says. */
  readonly user?: Pick<User, 'id'>;
}

export interface CompiledRead {
  readonly kind: 'read';
  readonly as: string;
  readonly tool: string;
  readonly with: readonly (readonly [argument: string, value: Expression])[];
  readonly each: Expression | undefined;
}

export interface CompiledGround {
  readonly kind: 'ground';
  readonly argument: string;
  readonly from: Expression;
  readonly key: string;
  readonly keep: Expression | undefined;
  readonly fallback: Expression | undefined;
}

export interface CompiledClause {
  readonly clause: Clause;
  readonly prepare: readonly (CompiledRead | CompiledGround)[];
  /** Undefined also when `enforce` is off. */
  readonly require: Expression | undefined;
}

export interface Compiled {
  readonly answer: AnswerForm;
  readonly harness: Harness;
  readonly environment: Surface;
  /** Realization switches; all off when the layer is off. */
  readonly realization: HarnessSettings['realization'];
  readonly shapes: ReadonlyMap<string, ToolShape>;
  /** What `ChatRequest.tools` holds. */
  readonly sentTools: readonly Tool[];
  readonly system: string;
  /** Tool -> its clauses that prepare or require something, highest priority first. */
  readonly clauses: ReadonlyMap<string, readonly CompiledClause[]>;
  readonly formats: ReadonlyMap<string, readonly CompiledFormat[]>;
  readonly aliases: Contract['aliases'];
  readonly skills: SkillIndex;
  readonly retrieved: WeakMap<Task, readonly Retrieved[]>;
  readonly monitors: readonly Monitor[];
  /** False if no clause reads: results then need not be remembered. */
  readonly reads: boolean;
}

/** Played when `harness` is null: no policy, no layer. */
export const NO_HARNESS: Harness = {
  id: 'off',
  env: '',
  files: new Map(),
  policy: '',
  settings: HarnessSettings.parse({
    version: 1,
    layers: { contract: false, skills: false, realization: false, regulation: false },
  }),
  contract: Contract.parse({}),
  regulation: Regulation.parse({}),
  skills: [],
};

function compileClause(clause: Clause): CompiledClause {
  return {
    clause,
    prepare: clause.prepare.map((step) =>
      'read' in step
        ? {
            kind: 'read',
            as: step.read.as,
            tool: step.read.call,
            with: Object.entries(step.read.with).map(([name, source]) => [name, compileExpression(source)] as const),
            each: step.read.each === undefined ? undefined : compileExpression(step.read.each),
          }
        : {
            kind: 'ground',
            argument: step.ground.argument,
            from: compileExpression(step.ground.from),
            key: step.ground.key,
            keep: step.ground.keep === undefined ? undefined : compileExpression(step.ground.keep),
            fallback: step.ground.fallback === undefined ? undefined : compileExpression(step.ground.fallback),
          },
    ),
    require: clause.require === undefined || clause.enforce === 'off' ? undefined : compileExpression(clause.require),
  };
}

/** Tool -> the items that concern it, in order. */
function byTool<T>(items: readonly T[], toolsFor: (item: T) => readonly string[]): Map<string, T[]> {
  const map = new Map<string, T[]>();
  for (const item of items) {
    for (const tool of new Set(toolsFor(item))) {
      const list = map.get(tool);
      if (list) list.push(item);
      else map.set(tool, [item]);
    }
  }
  return map;
}

/** The monitors with something to watch: a text may be the answer, and there may be no write. */
function monitorsFor({ tools, answer }: Surface, monitors: readonly Monitor[]): readonly Monitor[] {
  if (answer === undefined || answer.kind === 'tool') return monitors;
  const writes = tools.some(({ readOnly }) => !readOnly);
  return monitors.filter(({ kind }) => kind !== 'text_only' && (writes || kind !== 'premature_finish'));
}

function compile(harness: Harness, environment: Surface, protocol: Agent['protocol']): Compiled {
  const { settings, contract } = harness;
  const { layers } = settings;
  const switches = layers.realization ? settings.realization : NO_HARNESS.settings.realization;
  const tools = toolsOf(environment);
  const hasTools = environment.tools.length > 0;
  const { answer = { kind: 'tool' } } = environment;
  const { user } = environment.vocabulary ?? NEUTRAL;
  // Without tools no text is a call.
  const spoken = tools.length > 0 ? (protocol ?? switches.protocol) : 'native';
  const realization = { ...switches, protocol: spoken, rescue: switches.rescue && tools.length > 0 };
  const shapes = new Map(tools.map((tool) => [tool.name, shapeOf(tool)]));
  const clauses = layers.realization
    ? contract.clauses
        .map(compileClause)
        .filter((clause) => clause.prepare.length > 0 || clause.require !== undefined)
        .sort((a, b) => b.clause.priority - a.clause.priority)
    : [];
  const formats = layers.realization ? contract.formats.map(compileFormat) : [];
  const told = layers.contract ? contract.clauses : [];
  const described = describeTools(tools, told);
  const skills = layers.skills ? harness.skills : [];
  const text = realization.protocol === 'text';
  return {
    harness,
    environment,
    realization,
    shapes,
    sentTools: text ? [] : described,
    system: systemText({
      policy: harness.policy,
      work: settings.preamble ? workText({ user, answer, hasTools, talks: environment.user !== undefined }) : null,
      clauses: told,
      skills: settings.skills.show === 'always' ? skills : [],
      textTools: text ? { bare: tools, told: described } : null,
    }),
    clauses: byTool(clauses, ({ clause }) => clause.tools),
    formats: byTool(formats, ({ format }) =>
      tools
        .filter(({ name }) => shapes.get(name)?.paths.has(format.argument))
        .filter(({ name }) => format.tools === undefined || format.tools.includes(name))
        .map(({ name }) => name),
    ),
    aliases: layers.realization ? contract.aliases : {},
    skills: indexSkills(settings.skills.show === 'retrieved' ? skills : []),
    retrieved: new WeakMap(),
    monitors: layers.regulation ? monitorsFor(environment, harness.regulation.monitors) : [],
    answer,
    reads: clauses.some(({ prepare }) => prepare.some(({ kind }) => kind === 'read')),
  };
}

type Cache = WeakMap<Harness, WeakMap<Surface, Compiled>>;
const caches: Readonly<Record<'own' | 'text', Cache>> = { own: new WeakMap(), text: new WeakMap() };

/**
 * Cached per harness, environment and protocol; a given `text` protocol overrides the harness's.
 * Throws UsageError for an expression that is not CEL.
 */
export function compileHarness(harness: Harness, environment: Surface, protocol?: Agent['protocol']): Compiled {
  const cache = caches[protocol ?? 'own'];
  let environments = cache.get(harness);
  if (environments === undefined) {
    environments = new WeakMap();
    cache.set(harness, environments);
  }
  let compiled = environments.get(environment);
  if (compiled === undefined) {
    compiled = compile(harness, environment, protocol);
    environments.set(environment, compiled);
  }
  return compiled;
}
