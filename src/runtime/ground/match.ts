/** Decides which record a description means, or says why it cannot tell; it never guesses. */
import type { Json } from '../../types.ts';
import type { Mention, Reading } from './read.ts';
import { type Group, has, type RecordView } from './records.ts';

export type Match =
  | { readonly kind: 'record'; readonly view: RecordView }
  /**
   * nothing: no property is mentioned; several: more than one record fits; none: no record fits;
   * unclear: unknown words could matter. `near` are the records to tell apart.
   */
  | {
      readonly kind: 'ask';
      readonly reason: 'nothing' | 'several' | 'none' | 'unclear';
      readonly near: readonly RecordView[];
    };

export interface MatchOptions {
  readonly reading: Reading;
  readonly records: readonly RecordView[];
  /** Property that holds the key, and its id among the properties. */
  readonly key: string;
  readonly keyProperty: string;
  readonly keep: RecordView | undefined;
}

/** Lines with equal keys are one record (the same item ordered twice). */
export function distinct(records: readonly RecordView[], key: string): readonly RecordView[] {
  const seen = new Map<Json | undefined, RecordView>();
  for (const view of records) if (!seen.has(view.record[key])) seen.set(view.record[key], view);
  return seen.size === records.length ? records : [...seen.values()];
}

/** Properties of a full description: those of nested objects if there are any, else texts. */
export function describing(view: RecordView, keyProperty: string): readonly string[] {
  const all = [...view.properties.values()].filter(({ id }) => id !== keyProperty);
  const nested = all.filter(({ group }) => group === 'nested');
  const texts = nested.length > 0 ? nested : all.filter(({ group }) => group === 'text' || group === 'name');
  return texts.map(({ id }) => id);
}

/** True if the record has what is mentioned; where it knows no such property, if `keep` does. */
export function fits(
  view: RecordView,
  mention: Mention,
  known: ReadonlySet<string>,
  keep: RecordView | undefined,
): boolean {
  let concerns = false;
  for (const property of mention.properties) {
    if (!known.has(property)) continue;
    concerns = true;
    if (has(view, property, mention.phrase)) return true;
  }
  if (concerns) return false;
  // Only the kept record has such a property (its name, say): the text must not name another thing.
  const kept = [...mention.properties].filter((property) => keep?.properties.has(property));
  return kept.length === 0 || kept.some((property) => has(keep, property, mention.phrase));
}

export const knownIn = (records: readonly RecordView[]): ReadonlySet<string> =>
  new Set(records.flatMap((view) => [...view.properties.keys()]));

/** Records that equal `keep` in every unmentioned property of the groups. */
function keeping(
  records: readonly RecordView[],
  keep: RecordView,
  mentioned: ReadonlySet<string>,
  groups: readonly Group[],
): readonly RecordView[] {
  return records.filter((view) =>
    [...view.properties.values()].every(({ id, group, values }) => {
      if (mentioned.has(id) || !groups.includes(group)) return true;
      const kept = keep.properties.get(id);
      return kept === undefined || [...values.keys()].every((phrase) => kept.values.has(phrase));
    }),
  );
}

/** The records with the most mentions met. */
function nearest(options: MatchOptions, known: ReadonlySet<string>): readonly RecordView[] {
  const met = (view: RecordView) =>
    options.reading.mentions.filter((mention) => fits(view, mention, known, options.keep)).length;
  const most = Math.max(...options.records.map(met));
  return options.records.filter((view) => met(view) === most);
}

export function matchRecord(options: MatchOptions): Match {
  const { reading, records, key, keyProperty, keep } = options;
  const known = knownIn(records);
  const mentioned = new Set(
    reading.mentions.flatMap(({ properties }) => [...properties]).filter((id) => known.has(id)),
  );
  const ask = (reason: 'nothing' | 'several' | 'none' | 'unclear', near: readonly RecordView[]): Match => ({
    kind: 'ask',
    reason,
    near: distinct(near, key),
  });

  const groupOf = (id: string) => records.find((view) => view.properties.has(id))?.properties.get(id)?.group;
  // A bare name leaves all to `keep`: a forgotten wish is likelier than one for no change.
  const tells = (id: string) => id === keyProperty || !['name', 'id', undefined].includes(groupOf(id));
  const says = keep === undefined ? mentioned.size > 0 : [...mentioned].some(tells);
  const fitting = records.filter((view) => reading.mentions.every((mention) => fits(view, mention, known, keep)));
  if (fitting.length === 0) return ask('none', nearest(options, known));
  if (!says) return ask(reading.unknown.length > 0 && mentioned.size > 0 ? 'unclear' : 'nothing', fitting);
  if (reading.contradicts) return ask('unclear', fitting);

  let left: readonly RecordView[] = fitting;
  if (keep !== undefined && !mentioned.has(keyProperty)) {
    const nested = records.some((view) => describing(view, keyProperty).some((id) => groupOf(id) === 'nested'));
    left = keeping(fitting, keep, mentioned, nested ? ['name', 'nested'] : ['name', 'text']);
    if (left.length === 0) return ask('none', fitting);
    if (distinct(left, key).length > 1) {
      const same = keeping(left, keep, mentioned, ['name', 'nested', 'text', 'number', 'boolean']);
      if (same.length > 0) left = same;
    }
  }
  const [only, ...more] = distinct(left, key);
  if (only === undefined || more.length > 0) return ask('several', left);
  if (reading.unknown.length > 0) {
    // Unknown words are harmless only if every property is said, and not beside a value.
    const full = describing(only, keyProperty).every((id) => mentioned.has(id));
    if (!full || reading.touches) return ask('unclear', keep === undefined ? left : fitting);
  }
  return { kind: 'record', view: only };
}
