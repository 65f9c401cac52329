/** Faults in the keys of records: dropped prefixes, names where ids belong, invented ids. */
import type { Json } from '../../../types.ts';
import type { Lexicon } from '../lexicon.ts';
import { type CallDraft, type FaultScene, type Mistake, mapLeaves, type PlanStep, takesKey } from './fault.ts';

/** Written where no id fits and no words are known. */
export const UNKNOWN = 'unknown';

/** An id of no record, from the noun of the argument; always the same. */
export function inventedId(argument: string, { nounsOf, speech }: Lexicon): string {
  if (!takesKey(argument)) return UNKNOWN;
  const first =
    argument
      .toLowerCase()
      .split(/[_\W]+/)
      .find((word) => word !== 'new') ?? 'record';
  for (const noun of [first, ...nounsOf(argument)]) {
    const known = Object.entries(speech.inventedIds).find(([word]) => word === noun || `${word}s` === noun);
    if (known) return known[1];
  }
  return `${first}-0001`;
}

/** The record's name without its options, when the words hold both. */
function shortened(words: string): string {
  const name = words.split(/\s*[{,(:;]/)[0]?.trim() ?? '';
  return name.length > 1 ? name : words;
}

/**
 * A plan call's values as this agent writes them: visible values, else the words for them, else an
 * invention. A visible id may become its words (`name_for_id`) or lose its leading sign
 * (`missing_prefix`).
 */
export function writeValues(step: PlanStep, scene: FaultScene): CallDraft {
  const mistakes: Mistake[] = [];
  const args: Record<string, Json> = {};
  for (const [argument, value] of Object.entries(step.call.arguments)) {
    args[argument] = mapLeaves(value, (leaf, place) => {
      if (typeof leaf === 'string') return writeText(leaf, argument, place, step, scene, mistakes);
      if (seesNumber(leaf, scene)) return leaf;
      mistakes.push({ fault: 'invented_id', argument });
      return 0;
    });
  }
  return { name: step.call.name, arguments: args, mistakes };
}

function writeText(
  gold: string,
  argument: string,
  place: number,
  step: PlanStep,
  scene: FaultScene,
  mistakes: Mistake[],
): string {
  const { mind, view, profile } = scene;
  const topic = { tool: step.call.name, argument };
  const key = `${step.key}.${argument}.${place}`;
  const words = scene.mentions[gold];
  const nameable = words !== undefined && words !== gold && view.sees(words);
  const note = (fault: Mistake['fault']): void => void mistakes.push({ fault, argument });

  if (isSeen(gold, scene)) {
    if (
      takesKey(argument) &&
      nameable &&
      (mind.isAskedFor('name_for_id', topic, `${step.key}.${argument}`) ||
        mind.strikes('name_for_id', `${step.key}.${argument}`, topic))
    ) {
      note('name_for_id');
      return name(words);
    }
    const sign = /^[^\w\s"'([{-]/.exec(gold)?.[0];
    if (sign && mind.strikes('missing_prefix', gold, topic)) {
      note('missing_prefix');
      return gold.slice(1);
    }
    return gold;
  }
  if (nameable && !mind.strikes('invented_id', `${step.key}.${argument}`, topic)) {
    note('name_for_id');
    return name(words);
  }
  note('invented_id');
  return inventedId(argument, scene.index.lexicon);

  function name(full: string): string {
    const short = !mind.knows('name_for_id', `${key}.options`) && mind.draw('name only', key) < profile.nameOnly;
    return short ? shortened(full) : full;
  }
}

const NUMBERS = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** Small numbers may be written as words. */
function seesNumber(value: number, { view }: FaultScene): boolean {
  const word = NUMBERS[value];
  return view.sees(String(value)) || (word !== undefined && view.sees(word));
}

/** A sum is visible when all its numbers are. */
function isSeen(value: string, { view }: FaultScene): boolean {
  if (view.sees(value)) return true;
  return (
    /^[\d\s.+\-*/()]+$/.test(value) &&
    /[+*/]|\d\s*-/.test(value) &&
    (value.match(/\d+(?:\.\d+)?/g) ?? []).every((part) => view.sees(part))
  );
}
