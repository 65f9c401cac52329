/** The form of a table of what real endpoints answer, and which requests they answer so. */

export interface Sent {
  readonly messages: readonly {
    readonly role: string;
    readonly content?: unknown;
    readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: unknown } }[];
    readonly [member: string]: unknown;
  }[];
  readonly [setting: string]: unknown;
}

/** `setting: x`: the night ends with that key of models.yaml. `credit`, `gone`: it ends, exit 1. */
export type Outcome =
  | 'scored'
  | 'filtered'
  | 'refused'
  | 'environment'
  | 'credit'
  | 'gone'
  | `setting: ${'protocol' | 'model' | 'key_env' | 'max_tokens' | 'base_url'}`;

export interface Behaviour {
  readonly who: string;
  /** Issue or pull request, or the vendor's documentation. */
  readonly source: string;
  readonly status: number;
  /** The body; a text stands for `{"error": {"message": text}}`. */
  readonly body: unknown;
  /** Which requests are answered so. */
  readonly when: (sent: Sent) => boolean;
  readonly agent: Outcome;
}

export const always = () => true;
export const withTools = ({ tools }: Sent) => tools !== undefined;
export const calls = ({ messages }: Sent) => messages.filter(({ tool_calls: made }) => made !== undefined);
export const later = (sent: Sent) => calls(sent).length > 0;
/** Every second task, in its first request: what the model writes there, or the task itself. */
export const some = ({ messages }: Sent) => /Task \d*[13579]\./.test(String(messages.at(-1)?.content));
export const someWithTools = (sent: Sent) => withTools(sent) && some(sent);
export const sends = (name: string) => (sent: Sent) => sent[name] !== undefined;
export const lacks = (member: string) => (sent: Sent) => calls(sent).some((message) => message[member] === undefined);
export const holds = (member: string) => (sent: Sent) => calls(sent).some((message) => message[member] !== undefined);
export const emptyText = (sent: Sent) => calls(sent).some(({ content }) => content === '');
export const noText = (sent: Sent) => calls(sent).some(({ content }) => typeof content !== 'string' || content === '');
export const hasSystem = ({ messages }: Sent) => messages.some(({ role }) => role === 'system');
export const hasTool = ({ messages }: Sent) => messages.some(({ role }) => role === 'tool');
export const error = (message: string, more: object = {}) => ({ error: { message, ...more } });
export const invalid = (message: string, param: string, code = 'unsupported_parameter') =>
  error(message, { type: 'invalid_request_error', param, code });
export const gemini = (message: string) => [{ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }];
