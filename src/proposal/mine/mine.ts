/** The miner: learns edits from train traces and, with an oracle, from probes; asks no model. */

import { checkBounds } from '../../edit/edits.ts';
import type { Edit } from '../../edit/schema.ts';
import { nightLimitsOf } from '../../environments/capabilities.ts';
import { shapesOf } from '../../harness/lint/lint.ts';
import type { MineContext, MinedProposal } from './context.ts';
import { mineContract } from './contract.ts';
import { mineMonitors } from './monitors.ts';
import { goldWrites, Prober } from './probe.ts';
import { mineRewrites } from './rewrites.ts';
import { learnPrecedence, mineSkills } from './skills.ts';
import { mineSwitches } from './switches.ts';

export type { MineContext, MinedProposal } from './context.ts';

const PROBE_BUDGET = 6000;

/** Pure: equal contexts give equal proposals. Probes play train tasks on states of their own. */
export async function mine(context: MineContext): Promise<MinedProposal> {
  const prober = new Prober(context.environment, context.probeBudget ?? PROBE_BUDGET);
  const notes: string[] = nightLimitsOf(context.environment);
  const probes = context.environment.oracle !== undefined && context.environment.replayable !== false;
  const golds = probes ? await goldWrites(context.environment, context.tasks) : [];
  const learned = await mineContract(context, prober, golds);
  notes.push(...learned.notes);
  const precedences = await learnPrecedence(prober, golds);
  const found = [
    ...mineSwitches(context),
    ...learned.edits,
    ...mineRewrites(context),
    ...mineMonitors(context),
    ...mineSkills(context, { provenances: learned.provenances, precedences }),
  ];
  const edits = found.filter((edit) => fits(context, edit, notes));
  edits.sort((a, b) => b.predicts.fixes - a.predicts.fixes);
  return { edits, shapes: shapesOf([...traceResults(context), ...prober.results]), notes, probes: prober.used };
}

function fits(context: MineContext, edit: Edit, notes: string[]): boolean {
  const reason = checkBounds(context.harness.files, edit);
  if (reason !== null) notes.push(`Left out, out of bounds (${reason}): ${edit.hypothesis}`);
  return reason === null;
}

/** Tool results that the traces recorded. */
function traceResults(context: MineContext): { tool: string; content: string }[] {
  return context.traces.flatMap((trace) => {
    const tools = new Map<string, string>();
    const out: { tool: string; content: string }[] = [];
    for (const step of trace.steps) {
      if (step.kind === 'call') tools.set(step.callId, step.call.name);
      else if (step.kind === 'read' && !step.error) out.push({ tool: step.call.name, content: step.content });
      else if (step.kind === 'result' && !step.error)
        out.push({ tool: tools.get(step.callId) ?? '', content: step.content });
    }
    return out;
  });
}
