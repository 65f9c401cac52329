/** Switches and aliases for calls as text, broken JSON, wrong names and wrong types. */

import { fits } from '../../diagnosis/rules/arguments.ts';
import { isTextCall } from '../../diagnosis/rules/endings.ts';
import { isObject, jsonOf } from '../../digest.ts';
import type { Edit } from '../../edit/schema.ts';
import { findWrittenCall } from '../../runtime/rescue.ts';
import type { Environment, Json, JsonObject, Trace } from '../../types.ts';
import type { MineContext } from './context.ts';
import { matching, toEdit } from './gains.ts';
import { parametersOf, requiredArguments } from './probe.ts';

interface Counts {
  /** Traces whose first model message spells out a call. */
  firstText: number;
  anyText: number;
  brokenJson: number;
  wrongTool: number;
  wrongArgument: number;
  wrongType: number;
  /** tool -> wrong argument name -> right one -> times */
  readonly aliases: Map<string, Map<string, Map<string, number>>>;
}

/** At most one edit per switch, and one per alias; none where nothing is called. */
export function mineSwitches(context: MineContext): Edit[] {
  const { harness, diagnoses, traces } = context;
  const { tools, answer } = context.environment;
  if (tools.length === 0 && answer !== undefined && answer.kind !== 'tool') return [];
  const counts = countFaults(traces, context.environment);
  const on = harness.settings.realization;
  const edits: Edit[] = [];
  const known = (patterns: readonly string[]) => matching(diagnoses, patterns);
  const native = context.protocol !== 'text' && on.protocol === 'native' && counts.firstText > traces.length / 2;
  if (native || (!on.rescue && counts.anyText > 0)) {
    edits.push(
      toEdit({
        ops: [
          ...(on.rescue ? [] : [{ op: 'switch.set', key: 'rescue', value: true } as const]),
          ...(on.repair ? [] : [{ op: 'switch.set', key: 'repair', value: true } as const]),
          ...(native ? [{ op: 'switch.set', key: 'protocol', value: 'text' } as const] : []),
        ],
        hypothesis: `${counts.anyText} of ${traces.length} runs write calls as text: taking them as calls${native ? ', and speaking text in both directions,' : ''} lets those runs act.`,
        answers: known(['text_call']),
        prior: counts.anyText,
        risks: 'A quoted example could be taken for a call.',
      }),
    );
  } else if (!on.repair && counts.brokenJson > 0) {
    edits.push(
      toEdit({
        ops: [{ op: 'switch.set', key: 'repair', value: true }],
        hypothesis: `${counts.brokenJson} calls had arguments that are no JSON; most can be mended.`,
        answers: known(['text_call', 'wrong_type']),
        prior: counts.brokenJson,
        risks: 'A mended call may differ from what was meant.',
      }),
    );
  }
  if (!on.rename && counts.wrongTool + counts.wrongArgument > 0)
    edits.push(
      toEdit({
        ops: [{ op: 'switch.set', key: 'rename', value: true }],
        hypothesis: `${counts.wrongTool + counts.wrongArgument} calls had a tool or argument name that is close to a right one.`,
        answers: known(['wrong_name']),
        prior: 1,
        risks: 'A near miss could be mapped to the wrong name.',
      }),
    );
  edits.push(...aliasEdits(counts, context));
  if (!on.coerce && counts.wrongType > 0)
    edits.push(
      toEdit({
        ops: [{ op: 'switch.set', key: 'coerce', value: true }],
        hypothesis: `${counts.wrongType} calls had a value of the wrong type, such as a text where a list belongs.`,
        answers: known(['wrong_type', 'name_for_id']),
        prior: 1,
        risks: 'A list of one may hide that more was wanted.',
      }),
    );
  return edits;
}

/** One edit per alias: a group would get a new key with every regrouping. */
function aliasEdits(counts: Counts, { harness, diagnoses }: MineContext): Edit[] {
  return [...counts.aliases].flatMap(([tool, wrongs]) =>
    [...wrongs].flatMap(([from, rights]) => {
      const [to, times] = [...rights].sort((a, b) => b[1] - a[1])[0] ?? ['', 0];
      if (times < 2 || harness.contract.aliases[tool]?.[from] !== undefined) return [];
      return toEdit({
        ops: [{ op: 'alias.add', tool, from, to }],
        hypothesis: `${times} calls of ${tool} named ${to} "${from}".`,
        answers: matching(diagnoses, ['wrong_name'], { tool }),
        risks: 'None known.',
      });
    }),
  );
}

function countFaults(traces: readonly Trace[], environment: Environment): Counts {
  const counts: Counts = {
    firstText: 0,
    anyText: 0,
    brokenJson: 0,
    wrongTool: 0,
    wrongArgument: 0,
    wrongType: 0,
    aliases: new Map(),
  };
  const tools = new Map(environment.tools.map((t) => [t.name, t]));
  const names = [...tools.keys(), 'done'];
  for (const trace of traces) {
    const models = trace.steps.filter((s) => s.kind === 'model');
    const spelled = models.map((s) => s.kind === 'model' && s.toolCalls.length === 0 && isTextCall(s.content, names));
    if (spelled[0]) counts.firstText += 1;
    if (spelled.some(Boolean)) counts.anyText += 1;
    for (const step of models) {
      if (step.kind !== 'model') continue;
      for (const call of step.toolCalls) countCall(counts, call.name, parse(call.arguments), tools);
      const written =
        step.toolCalls.length > 0 ? null : findWrittenCall(step.content, { tools, repair: true, plainOnly: false });
      if (written)
        countCall(
          counts,
          written.name,
          typeof written.arguments === 'string' ? parse(written.arguments) : written.arguments,
          tools,
        );
    }
  }
  return counts;
}

function parse(text: string): Json | undefined {
  try {
    return jsonOf(text === '' ? '{}' : text);
  } catch {
    return undefined;
  }
}

function countCall(
  counts: Counts,
  name: string,
  args: Json | undefined,
  tools: ReadonlyMap<string, Environment['tools'][number]>,
): void {
  if (name === 'done') return;
  const tool = tools.get(name);
  if (!tool) {
    counts.wrongTool += 1;
    return;
  }
  if (!isObject(args)) {
    counts.brokenJson += 1;
    return;
  }
  const properties = (isObject(tool.parameters.properties) ? tool.parameters.properties : {}) as JsonObject;
  const strange = Object.keys(args).filter((a) => !(a in properties));
  const absent = requiredArguments(tool).filter((a) => !(a in args));
  if (strange.length > 0) counts.wrongArgument += 1;
  const [from, to] = [strange[0], absent[0]];
  if (strange.length === 1 && absent.length === 1 && from !== undefined && to !== undefined) {
    const wrongs = counts.aliases.get(name) ?? new Map<string, Map<string, number>>();
    const rights = wrongs.get(from) ?? new Map<string, number>();
    rights.set(to, (rights.get(to) ?? 0) + 1);
    counts.aliases.set(name, wrongs.set(from, rights));
  }
  for (const argument of parametersOf(tool)) {
    const [value, schema] = [args[argument], properties[argument]];
    if (value !== undefined && isObject(schema) && !fits(value, schema.type)) counts.wrongType += 1;
  }
}
