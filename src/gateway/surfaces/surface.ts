/** One API that a client and its upstream speak, as a translation of the same core. */
import type { Json, JsonObject } from '../../types.ts';
import type { ModelView } from './view.ts';
import type { WireReply, WireRequest } from './wire.ts';

/** Sends one event; a text goes out as it is. */
export type SendEvent = (data: JsonObject | string) => void;

/** A reply as events, in the order that clients of the surface expect. */
export interface ReplyWriter {
  /** Passes on what may be read at once of an event of upstream; returns its text. */
  heard(event: JsonObject): string;
  end(reply: WireReply): void;
  fail(message: string): void;
}

export interface WireSurface {
  readonly name: 'chat' | 'messages' | 'responses';
  /** Below the base URL, at the client and at upstream. */
  readonly path: string;
  /** Members of a request that ask upstream for events. */
  readonly streamed: JsonObject;
  /** Throws RefusedRequest: what was expected and what was found. */
  read(body: Json, isManaged: (tool: string) => boolean): WireRequest;
  /** What upstream is asked: the client's request with the model's view of the conversation. */
  body(view: ModelView): JsonObject;
  /** Events of upstream as one reply; undefined for none. Throws Error for a reply that was cut. */
  collect(text: string): unknown;
  /** A reply of upstream as a chat completion; what came raw stands in its message. */
  completion(reply: JsonObject): JsonObject;
  /** The client's whole reply. */
  whole(reply: WireReply, request: WireRequest): JsonObject;
  writer(request: WireRequest, send: SendEvent): ReplyWriter;
  error(status: number, message: string): JsonObject;
}
