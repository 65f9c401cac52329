/** Faults at the end: missing values, `done` without effect, words only, unasked writes. */
import type { Json, ToolCall } from '../../../types.ts';
import type { FaultScene, PlanStep } from './fault.ts';
import { choicesOf } from './wrong-state.ts';

/** The agent's own closing words; everything else must be visible or computable. */
const CLAIM = 'The request has been carried out.';
const HONEST = 'The request could not be completed.';
const COMMON = new Set(
  'a an and are as at by done for from has have in is it made no none not nothing of on or that the them to was were with yes'.split(
    ' ',
  ),
);

/** The words of a summary: what was asked for, unless it is forgotten (`missing_report`). */
export function summarise(gold: string, scene: FaultScene): string {
  const { words, news } = reportable(gold, scene);
  if (words.length === 0 || (news && scene.mind.strikes('missing_report', 'summary'))) return CLAIM;
  return `${CLAIM} ${words.join(' ')}`;
}

/** The plan's summary, only visible, common or computable words; `news`: some were found out. */
export function reportable(
  gold: string,
  { view }: FaultScene,
): { readonly words: readonly string[]; readonly news: boolean } {
  let amounts: readonly number[] | undefined;
  let news = false;
  const words = gold.split(/\s+/).filter((word) => {
    const bare = word.replace(/^[^\w#$-]+|[^\w%]+$/g, '');
    if (bare === '' || COMMON.has(bare.toLowerCase())) return true;
    if (view.sees(bare) || view.sees(bare.toLowerCase())) {
      news ||= view.isNews(bare);
      return true;
    }
    const number = Number(bare.replace(/[$,]/g, ''));
    if (!/\d/.test(bare) || !Number.isFinite(number)) return false;
    amounts ??= view.amounts();
    if (!isComputable(number, amounts)) return false;
    news = true;
    return true;
  });
  return { words, news };
}

/** True for a sum or difference of up to two amounts, or a sum of up to four of the first 24. */
export function isComputable(number: number, amounts: readonly number[]): boolean {
  const cents = Math.round(number * 100);
  const all = amounts.map((amount) => Math.round(amount * 100));
  const known = new Set(all);
  if (known.has(cents)) return true;
  if (all.some((a) => known.has(cents - a) || known.has(a - cents) || known.has(a + cents))) return true;
  const few = all.slice(0, 24);
  for (let i = 0; i < few.length; i++)
    for (let j = i + 1; j < few.length; j++) {
      const rest = cents - (few[i] as number) - (few[j] as number);
      if (known.has(rest) || few.some((c, k) => k > j && known.has(rest - c))) return true;
    }
  return false;
}

export const claimText = CLAIM;
export const honestText = HONEST;

/** Words of a model that gives up instead of making a call. */
export const GIVING_UP = 'I am sorry, but I need some more information before I can help with this request.';

/** An unasked write from visible values, or undefined; more likely when nothing should change. */
export function unaskedWrite(steps: readonly PlanStep[], ticket: string, scene: FaultScene): ToolCall | undefined {
  const { mind, index, view } = scene;
  const writes = steps.filter((step) => !step.reads);
  if (!mind.strikes('unasked_write', 'end', {}, writes.length === 0 ? 4 : 1)) return undefined;
  const values: Record<string, Json> = {};
  for (const step of steps)
    for (const [argument, value] of Object.entries(step.call.arguments))
      if (typeof value === 'string' && view.sees(value)) values[argument] = value;
  const used = new Set(writes.map((step) => step.call.name));
  const tempting = [...index.values()].filter(
    (facts) => !facts.readOnly && facts.name !== 'done' && !used.has(facts.name) && facts.required.length > 1,
  );
  for (const facts of tempting.sort(
    (a, b) => Number(b.verb.test(ticket.toLowerCase())) - Number(a.verb.test(ticket.toLowerCase())),
  )) {
    const args: Record<string, Json> = {};
    for (const argument of facts.required) {
      const choices = choicesOf(facts, argument).filter((choice) => view.sees(choice));
      const value = values[argument] ?? choices[Math.floor(mind.draw('which choice', 'end') * choices.length)];
      if (value !== undefined) args[argument] = value;
    }
    if (Object.keys(args).length === facts.required.length) return { name: facts.name, arguments: args };
  }
  return undefined;
}
