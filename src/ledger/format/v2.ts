/**
 * Reads v2 records, in which every kind had every field, as this version would write them. Drops
 * only what other fields repeat (`cost`, `data` of settings), so the schema shows what does not
 * fit.
 */
import { isObject } from '../../digest.ts';
import type { Json } from '../../types.ts';
import { type KindName, kindOf } from '../kinds/index.ts';

export const PREDICATE_V2 = 'urn:harness-optimizer:decision:v2';

/** The first limit of every edit by hand in v2; the kind says so now. */
const BY_HAND = 'a person changed the harness by hand; no gate has tested it';

type Fields = { readonly [field: string]: Json };

/** Anything but a v2 Statement comes back as it is, or fits no schema. */
export function fromV2(raw: Json, predicateType: string): Json {
  if (!isObject(raw) || !isObject(raw.predicate) || typeof raw.predicate.kind !== 'string') return raw;
  const shape: object | undefined = kindOf({ kind: raw.predicate.kind as KindName })?.schema.shape;
  if (shape === undefined) return raw;
  const { cost: _, candidate, data, limits, ...rest } = raw.predicate;
  const tried = isObject(candidate) ? candidate : {};
  // In v2, edits by hand and rollbacks had a candidate of their own form for what they touched.
  const { form, ...touched } = tried;
  const own: Fields = {
    ...rest,
    ...('form' in shape ? tried : touched),
    ...('form' in shape || form === undefined || form === rest.kind ? {} : { form }),
    data: rest.kind === 'settings' ? null : isObject(data) ? withoutNulls(data) : (data ?? null),
    ['loosens' in shape ? 'loosens' : 'limits']:
      rest.kind === 'external' && Array.isArray(limits) && limits[0] === BY_HAND ? limits.slice(1) : (limits ?? null),
  };
  const kept = Object.entries(own).filter(([field, value]) =>
    field in shape ? value !== null || field === 'prev' || field === 'signer' : !isEmpty(value),
  );
  return { ...raw, predicateType, predicate: Object.fromEntries(kept) };
}

const withoutNulls = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

const isEmpty = (value: Json): boolean =>
  value === null || (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0);
