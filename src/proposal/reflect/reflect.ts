/** Shows a model one cluster of failures at a time and asks for one kind of edit. */
import { z } from 'zod';
import { type Cluster, clusterDiagnoses } from '../../diagnosis/clusters.ts';
import { addedIds } from '../../edit/key.ts';
import type { Edit } from '../../edit/schema.ts';
import type { Skill } from '../../harness/schema.ts';
import { ask } from '../../models/ask.ts';
import { asData, promptText } from '../../prompts.ts';
import { compactTrace } from '../../traces/compact.ts';
import type { ChatModel, Trace } from '../../types.ts';
import type { MineContext } from '../mine/context.ts';
import { kindFor, linesOf, opOf, schemaOf, skillBehind, symptomOf, type WishKind } from './wishes.ts';

export interface ReflectOptions {
  readonly model: ChatModel;
  /** Edits to ask for. @default 4 */
  readonly wanted?: number;
  /** Rejected edits as words, so that they are not proposed again. */
  readonly tried: readonly string[];
  /** Edits of other proposers as words. @default [] */
  readonly found?: readonly string[];
  readonly seed: number;
  readonly signal?: AbortSignal;
}

export interface Reflection {
  readonly edits: readonly Edit[];
  /** Model calls made. */
  readonly calls: number;
  /** Why a cluster got no edit, one sentence each. */
  readonly notes: readonly string[];
}

/** Fewest failures of a cluster that is worth a call. */
const LEAST = 2;
/** Traces per prompt, and characters of each: small models lose the thread in more. */
const SHOWN = 2;
const SHOWN_CHARACTERS = 1400;

/** Largest clusters first. A bad answer gives no edit; throws what ends the night. */
export async function reflect(context: MineContext, options: ReflectOptions): Promise<Reflection> {
  const edits: Edit[] = [];
  const notes: string[] = [];
  let calls = 0;
  const clusters = clusterDiagnoses(context.diagnoses).filter(({ traces }) => traces.length >= LEAST);
  for (const cluster of clusters) {
    if (edits.length >= (options.wanted ?? 4)) break;
    const skill = skillBehind(cluster, context.harness, context.traces);
    const kind = kindFor(cluster, skill);
    if (kind === null) continue;
    const asked = await ask(options.model, {
      system: promptText('reflect/system'),
      question: questionOf(kind, cluster, context, options, skill),
      schema: schemaOf(kind),
      seed: options.seed,
      signal: options.signal,
    });
    calls += asked.calls;
    if (asked.value === null) {
      notes.push(`reflect, ${cluster.key}: ${asked.fault}`);
      continue;
    }
    try {
      const proposed = new Set(edits.flatMap(({ ops }) => ops.flatMap(addedIds)));
      const op = opOf(kind, asked.value, cluster, context.harness, proposed, skill);
      edits.push({
        ops: [op],
        hypothesis: `${cluster.traces.length} runs failed by ${cluster.pattern}${cluster.tool ? ` at ${cluster.tool}` : ''}; a model read ${SHOWN} of them and wrote this.`,
        addresses: [...cluster.traces],
        predicts: { fixes: cluster.traces.length / 2, risks: 'Written from few runs.' },
        proposer: 'reflect',
      });
    } catch (error) {
      notes.push(
        `reflect, ${cluster.key}: ${error instanceof z.ZodError ? 'the answer has not the form asked for' : (error as Error).message}`,
      );
    }
  }
  return { edits, calls, notes };
}

function questionOf(
  kind: WishKind,
  cluster: Cluster,
  context: MineContext,
  { tried, found = [] }: ReflectOptions,
  skill: Skill | null,
): string {
  const { traces, harness, environment } = context;
  const failing = new Set(cluster.traces);
  const uses = (trace: Trace) =>
    cluster.tool === undefined || trace.steps.some((step) => step.kind === 'call' && step.call.name === cluster.tool);
  const requests = new Map(context.tasks.map(({ id, request }) => [id, request]));
  const steps = new Map(context.diagnoses.map(({ trace, step }) => [trace, step]));
  const quote = (some: readonly Trace[]) =>
    some
      .slice(0, SHOWN)
      .map((trace) => quoted(trace, requests.get(trace.task) ?? trace.prompt.user, steps.get(trace.id)))
      .join('\n\n') || '(none)';
  const tool = environment.tools.find(({ name }) => name === cluster.tool);
  const told = [
    tool?.description ?? '',
    ...harness.contract.clauses.flatMap(({ tools, say }) =>
      say !== undefined && tools.includes(cluster.tool ?? '') ? [say] : [],
    ),
  ];
  return promptText(`reflect/${kind}`, {
    failure: cluster.pattern.replaceAll('_', ' ') + (cluster.argument ? ` in ${cluster.argument}` : ''),
    count: String(cluster.traces.length),
    runs: String(traces.length),
    tool: cluster.tool ?? '',
    told:
      skill === null
        ? told.map((text) => `- ${text}`).join('\n')
        : linesOf(skill)
            .map((line, i) => asData(`${i + 1}: ${line}`))
            .join('\n'),
    tools: environment.tools.map(({ name }) => name).join(', '),
    symptom: symptomOf(cluster),
    failing: quote(traces.filter(({ id }) => failing.has(id))),
    passing: quote(traces.filter((trace) => trace.score?.reward === 1 && uses(trace))),
    found: listed(found, cluster),
    tried: listed(tried, cluster),
  });
}

/** Texts per list in a prompt, and characters of each. */
const LISTED = 6;
const LISTED_CHARACTERS = 200;

/** Texts that name the cluster's tool first, as JSON strings: a model may have written them. */
function listed(texts: readonly string[], { tool = '' }: Cluster): string {
  const near = (text: string) => (tool !== '' && text.includes(tool) ? 0 : 1);
  const lines = [...texts]
    .sort((a, b) => near(a) - near(b))
    .slice(0, LISTED)
    .map((text) => asData(text.slice(0, LISTED_CHARACTERS)));
  return lines.join('\n') || '(nothing)';
}

/** A request and its run as JSON strings: no line of a trace can end the quotation. */
const quoted = (trace: Trace, request: string, step: number | undefined): string =>
  asData({ request: request.slice(0, 500), run: windowOf(compactTrace(trace).split('\n'), step) });

/** The lines around the responsible step, as many as fit, and the outcome. */
function windowOf(lines: readonly string[], step: number | undefined): string[] {
  const outcome = lines.at(-1) ?? '';
  const steps = lines.slice(0, -1);
  const center =
    step === undefined
      ? 0
      : Math.max(
          0,
          steps.findLastIndex((line) => Number.parseInt(line, 10) <= step),
        );
  const order = steps.map((_, at) => at).sort((a, b) => Math.abs(a - center) - Math.abs(b - center) || a - b);
  const kept = new Set<number>();
  let left = SHOWN_CHARACTERS - outcome.length;
  for (const at of order) {
    left -= (steps[at] ?? '').length + 1;
    if (left < 0 && kept.size > 0) break;
    kept.add(at);
  }
  return [...steps.filter((_, at) => kept.has(at)), outcome];
}
