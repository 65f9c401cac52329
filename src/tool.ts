/** Tools, their calls and results, as JSON. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A value, or a promise of one. */
export type MaybePromise<T> = T | Promise<T>;

/** A tool as shown to the model. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments: `{type: 'object', properties, required}`. */
  readonly parameters: JsonObject;
  /** True if calls never change the state: only then may the runtime call it by itself. */
  readonly readOnly: boolean;
}

export interface ToolCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

export interface ToolResult {
  /** The text that the model reads. */
  readonly content: string;
  readonly error: boolean;
}
