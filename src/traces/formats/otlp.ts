/** Spans of an OTLP export: attributes as plain values, each span once, in the order of time. */
import { isObject, jsonOf, STORED_DEPTH } from '../../digest.ts';
import type { Json, JsonObject } from '../../types.ts';
import { kindOf, RecordFault, type Refusal, type TraceRecord } from './format.ts';

export interface Span {
  readonly line: number;
  readonly id: string;
  readonly trace: string;
  /** Id of its parent; null for a root, and for one whose parent is not there. */
  readonly parent: string | null;
  readonly name: string;
  /** Nanoseconds since 1970, as text of equal length, so that texts compare as numbers. */
  readonly start: string;
  readonly attributes: JsonObject;
  readonly resource: JsonObject;
  readonly events: readonly { readonly name: string; readonly time: string; readonly attributes: JsonObject }[];
  readonly failed: boolean;
}

/** Reads `resourceSpans`, also with the older `instrumentationLibrarySpans`. */
export function spansOf(records: readonly TraceRecord[]): { spans: readonly Span[]; refused: readonly Refusal[] } {
  const refused: Refusal[] = [];
  const byId = new Map<string, Span>();
  for (const { line, value } of records) {
    try {
      for (const span of spansIn(value, line, (reason) => void refused.push({ line, reason })))
        if (!byId.has(`${span.trace} ${span.id}`)) byId.set(`${span.trace} ${span.id}`, span);
    } catch (error) {
      if (!(error instanceof RecordFault)) throw error;
      refused.push({ line, reason: error.message });
    }
  }
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const all = [...byId.values()].sort((a, b) => order(a.start, b.start) || order(a.id, b.id));
  const spans = all.map((span) =>
    span.parent !== null && !byId.has(`${span.trace} ${span.parent}`) ? { ...span, parent: null } : span,
  );
  return { spans, refused };
}

function spansIn(value: Json, line: number, refuse: (reason: string) => void): Span[] {
  const batches = isObject(value) ? (value.resourceSpans ?? value.resource_spans) : undefined;
  if (!Array.isArray(batches)) throw new RecordFault(`expected resourceSpans, found ${kindOf(value)} without them`);
  return batches.flatMap((batch: Json) => {
    if (!isObject(batch)) throw new RecordFault(`expected resourceSpans to hold objects, found ${kindOf(batch)}`);
    const resource = isObject(batch.resource) ? attributesOf(batch.resource.attributes) : {};
    const scopes = batch.scopeSpans ?? batch.scope_spans ?? batch.instrumentationLibrarySpans ?? [];
    if (!Array.isArray(scopes)) throw new RecordFault(`expected scopeSpans to be a list, found ${kindOf(scopes)}`);
    return scopes.flatMap((scope: Json) => {
      const spans = isObject(scope) ? (scope.spans ?? []) : null;
      if (!Array.isArray(spans)) throw new RecordFault(`expected spans to be a list, found ${kindOf(spans)}`);
      return spans.flatMap((span: Json) => {
        const read = spanOf(span, resource, line);
        if (typeof read !== 'string') return [read];
        refuse(read);
        return [];
      });
    });
  });
}

function spanOf(span: Json, resource: JsonObject, line: number): Span | string {
  if (!isObject(span)) return `expected a span, found ${kindOf(span)}`;
  const id = span.spanId ?? span.span_id;
  const trace = span.traceId ?? span.trace_id;
  if (typeof id !== 'string' || id === '' || typeof trace !== 'string' || trace === '')
    return 'expected a span with traceId and spanId, found one without';
  const parent = span.parentSpanId ?? span.parent_span_id;
  const events = Array.isArray(span.events) ? span.events.filter(isObject) : [];
  return {
    line,
    id,
    trace,
    parent: typeof parent === 'string' && parent !== '' ? parent : null,
    name: typeof span.name === 'string' ? span.name : '',
    start: nanosOf(span.startTimeUnixNano ?? span.start_time_unix_nano),
    attributes: attributesOf(span.attributes),
    resource,
    events: events
      .map((event) => ({
        name: typeof event.name === 'string' ? event.name : '',
        time: nanosOf(event.timeUnixNano ?? event.time_unix_nano),
        attributes: attributesOf(event.attributes),
      }))
      .map((event, at) => ({ event, at }))
      .sort((a, b) => (a.event.time < b.event.time ? -1 : a.event.time > b.event.time ? 1 : a.at - b.at))
      .map(({ event }) => event),
    failed: isObject(span.status) && (span.status.code === 2 || span.status.code === 'STATUS_CODE_ERROR'),
  };
}

const nanosOf = (value: Json | undefined): string => {
  const text =
    typeof value === 'number' ? BigInt(Math.round(value)).toString() : typeof value === 'string' ? value : '';
  return /^\d{1,20}$/.test(text) ? text.padStart(20, '0') : '';
};

/** The list of key and typed value of OTLP, or an object as some exporters write it. */
function attributesOf(value: Json | undefined): JsonObject {
  if (isObject(value)) return value;
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(
    value.flatMap((one: Json) => (isObject(one) && typeof one.key === 'string' ? [[one.key, plainOf(one.value)]] : [])),
  );
}

function plainOf(value: Json | undefined): Json {
  if (!isObject(value)) return value ?? null;
  if ('stringValue' in value) return value.stringValue ?? '';
  if ('boolValue' in value) return value.boolValue ?? false;
  if ('intValue' in value) return Number(value.intValue);
  if ('doubleValue' in value) return Number(value.doubleValue);
  if (isObject(value.arrayValue)) {
    const { values } = value.arrayValue;
    return Array.isArray(values) ? values.map((one: Json) => plainOf(one)) : [];
  }
  if (isObject(value.kvlistValue)) return attributesOf(value.kvlistValue.values);
  return 'bytesValue' in value ? (value.bytesValue ?? '') : null;
}

/** A value that may come as its JSON text; undefined for a text that was cut. */
export function structured(value: Json | undefined): Json | undefined {
  if (typeof value !== 'string') return value ?? undefined;
  try {
    return jsonOf(value, STORED_DEPTH);
  } catch {
    return undefined;
  }
}

/** Values as OTLP writes them; what is no text, number or truth is JSON text. */
export const writeAttributes = (values: { readonly [key: string]: Json | undefined }): JsonObject[] =>
  Object.entries(values).flatMap(([key, value]): JsonObject[] => {
    if (value === undefined || value === null) return [];
    if (typeof value === 'string') return [{ key, value: { stringValue: value } }];
    if (typeof value === 'boolean') return [{ key, value: { boolValue: value } }];
    if (typeof value !== 'number') return [{ key, value: { stringValue: JSON.stringify(value) } }];
    return [{ key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } }];
  });
