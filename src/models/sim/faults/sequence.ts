/** Faults in choice and order of calls: skipped reads, forgotten items, swapped writes. */
import type { Json, Plan, ToolCall } from '../../../types.ts';
import type { FaultScene, PlanStep } from './fault.ts';

/** The plan as this agent follows it. Steps keep plan keys, so that draws are equal in all arms. */
export function schedule(plan: Plan, scene: FaultScene): PlanStep[] {
  const steps = plan.calls.map(
    (call, place): PlanStep => ({
      call,
      key: `${call.name}@${place}`,
      reads: scene.index.get(call.name)?.readOnly ?? false,
      state: 'todo',
      tries: 0,
    }),
  );
  return skipReads(swapWrites(forgetWish(splitLists(steps, scene), scene), scene), scene);
}

/** `partial`: only the first of several items is sent; the others follow in a separate call. */
function splitLists(steps: readonly PlanStep[], { mind, index }: FaultScene): PlanStep[] {
  return steps.flatMap((step) => {
    const lists = Object.entries(step.call.arguments).filter((entry): entry is [string, readonly Json[]] =>
      Array.isArray(entry[1]),
    );
    const longest = Math.max(0, ...lists.map(([, list]) => list.length));
    if (step.reads || longest < 2 || index.get(step.call.name) === undefined) return [step];
    if (!mind.strikes('partial', step.key, { tool: step.call.name })) return [step];
    const part = (from: number, to: number): ToolCall => ({
      name: step.call.name,
      arguments: {
        ...step.call.arguments,
        ...Object.fromEntries(lists.map(([argument, list]) => [argument, list.slice(from, to)])),
      },
    });
    return [
      { ...step, call: part(0, 1) },
      { ...step, call: part(1, longest), key: `${step.key}.rest` },
    ];
  });
}

/** `partial`: the last of several wishes is forgotten, at a third of the rate. */
function forgetWish(steps: readonly PlanStep[], { mind }: FaultScene): PlanStep[] {
  const writes = steps.filter((step) => !step.reads);
  const last = writes.at(-1);
  if (writes.length < 2 || !last || last.key.endsWith('.rest')) return [...steps];
  if (!mind.strikes('partial', `forget ${last.key}`, { wishes: true }, 1 / 3)) return [...steps];
  return steps.filter((step) => step !== last);
}

/** `wrong_order`: two writes on one record change places. */
function swapWrites(steps: readonly PlanStep[], { mind, prompt, profile, index }: FaultScene): PlanStep[] {
  const out = [...steps];
  const places = out.flatMap((step, place) => (step.reads ? [] : [place]));
  for (let i = 0; i + 1 < places.length; i++) {
    const [at, next] = [places[i] as number, places[i + 1] as number];
    const [first, second] = [out[at] as PlanStep, out[next] as PlanStep];
    if (first.call.name === second.call.name || !sameRecord(first.call, second.call)) continue;
    const own = index.get(first.call.name)?.nouns ?? new Set<string>();
    const others = index.get(second.call.name)?.nouns ?? new Set<string>();
    const order = prompt().order(own, others, profile);
    if (mind.swaps(`${first.key} ${second.key}`, order)) {
      out[at] = second;
      out[next] = first;
    }
  }
  return out;
}

/** True if both calls have a key argument of equal name and value. */
const sameRecord = (a: ToolCall, b: ToolCall): boolean =>
  Object.entries(a.arguments).some(
    ([name, value]) =>
      typeof value === 'string' && /_id$/.test(name) && name !== 'payment_method_id' && b.arguments[name] === value,
  );

/** `write_before_read`: the lookups before a write are left out. */
function skipReads(steps: readonly PlanStep[], { mind }: FaultScene): PlanStep[] {
  let pending: PlanStep[] = [];
  for (const step of steps) {
    if (step.reads) {
      pending.push(step);
      continue;
    }
    if (pending.length > 0 && mind.strikes('write_before_read', step.key, { tool: step.call.name }))
      for (const read of pending) read.state = 'skipped';
    pending = [];
  }
  return [...steps];
}
