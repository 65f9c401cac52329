/** The message for a description that does not decide: properties that would, and their values. */

import { nounOf } from '../prompt.ts';
import { describing, type Match } from './match.ts';
import type { Group, RecordView } from './records.ts';

/** Small models send everything that they are shown, so the list is short. */
const MAX_VALUES = 8;
const MAX_PROPERTIES = 4;
const MAX_ENTRIES = 3;

const ORDER: readonly Group[] = ['name', 'nested', 'text', 'number', 'boolean'];

interface Choice {
  readonly label: string;
  readonly values: readonly string[];
}

const signature = (view: RecordView, ids: readonly string[]): string =>
  ids.map((id) => [...(view.properties.get(id)?.values.keys() ?? [])].join('&')).join('|');

const count = (views: readonly RecordView[], ids: readonly string[]): number =>
  new Set(views.map((view) => signature(view, ids))).size;

/** Ids of the properties in which the records differ, best first; `few`: only as many as needed. */
function deciding(views: readonly RecordView[], keyProperty: string, few: boolean): readonly string[] {
  const groups = new Map<string, Group>();
  for (const view of views) {
    for (const { id, group } of view.properties.values())
      if (!groups.has(id) && id !== keyProperty) groups.set(id, group);
  }
  const differing = ORDER.flatMap((group) =>
    [...groups].filter(([, other]) => other === group).map(([id]) => id),
  ).filter((id) => count(views, [id]) > 1);
  if (!few) return differing.filter((id) => groups.get(id) === 'nested' || groups.get(id) === 'text');
  const chosen: string[] = [];
  for (const id of differing) {
    if (count(views, [...chosen, id]) > count(views, chosen)) chosen.push(id);
    if (count(views, chosen) === views.length) break;
  }
  return chosen;
}

function choicesFor(match: Extract<Match, { kind: 'ask' }>, keyProperty: string, keeps: boolean): readonly Choice[] {
  const [first] = match.near;
  if (first === undefined) return [];
  const named = [...first.properties.values()].filter(({ group }) => group === 'name').map(({ id }) => id);
  let ids = match.near.length === 1 ? [...named, ...describing(first, keyProperty)] : [];
  if (match.near.length > 1) ids = [...deciding(match.near, keyProperty, !keeps)];
  if (ids.length === 0) ids = [...deciding(match.near, keyProperty, true)];
  const shown = [...new Set(ids)].slice(0, MAX_PROPERTIES);
  const each = Math.max(2, Math.floor(MAX_VALUES / Math.max(1, shown.length)));
  return shown.map((id) => {
    const values = new Set(match.near.flatMap((view) => [...(view.properties.get(id)?.values.values() ?? [])]));
    const sorted = [...values].sort();
    const label = match.near.find((view) => view.properties.has(id))?.properties.get(id)?.label ?? id;
    return { label, values: sorted.length > each ? [...sorted.slice(0, each), '...'] : sorted };
  });
}

export interface Unclear {
  /** `item_ids`, or `item_ids[1]` for an element of a list. */
  readonly what: string;
  readonly text: string;
  readonly match: Extract<Match, { kind: 'ask' }>;
}

export interface MessageOptions {
  readonly argument: string;
  readonly key: string;
  readonly keyProperty: string;
  readonly list: boolean;
  readonly keeps: boolean;
}

function sentence({ what, text, match }: Unclear, options: MessageOptions): string {
  const noun = nounOf(options.argument);
  const quoted = JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
  const problem = {
    nothing: `does not say which ${noun}`,
    several: `fits more than one ${noun}`,
    none: `fits no ${noun}`,
    unclear: `is not clear`,
  }[match.reason];
  const choices = choicesFor(match, options.keyProperty, options.keeps);
  const say =
    choices.length === 0
      ? `only the ${options.key} tells them apart`
      : `say ${choices.map(({ label, values }) => `${label} (${values.join(', ')})`).join(', ')}`;
  return `${what} ${quoted} ${problem}: ${say}.`;
}

/** The answer to a call whose descriptions do not decide; it never shows a key. */
export function groundMessage(entries: readonly Unclear[], options: MessageOptions): string {
  const noun = nounOf(options.argument);
  const how = options.list
    ? `Write one entry for each ${noun}, with its name and options.`
    : `Write the ${noun} with its name and options.`;
  const rest = options.keeps ? ['Options that you leave out stay as they are.'] : [];
  return [...entries.slice(0, MAX_ENTRIES).map((entry) => sentence(entry, options)), how, ...rest].join(' ');
}
