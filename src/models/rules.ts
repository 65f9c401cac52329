/** Rules of vendors that a setting meets: one table from what an endpoint says to what to do. */

export interface VendorRule {
  /** Key of models.yaml, or what else a person changes. */
  readonly setting: string;
  /** What the endpoint says; the whole error as one text. */
  readonly says: RegExp;
  /** HTTP statuses at which it counts. */
  readonly at: readonly number[];
  /** @default vendor */
  readonly who?: 'environment';
  /** One clause: what to do. */
  readonly remedy: string;
}

const NO = String.raw`(?:not (?:be )?support\w*|n't support\w*|unsupported|not (?:enabled|available|allowed|permitted)|disabled|requires?|needs?)`;
const TOOLS = String.raw`(?:\btools?\b|tool[ _-]?(?:use|calls?|calling|choice)|function[ _-]?call\w*)`;

/** Said by endpoints that answer in streams alone. */
export const STREAMS_ONLY =
  /only (?:supports? |available (?:in|with) )?stream|\bstream(?:ing)?['"`]?(?: mode| parameter)?.{0,30}(?:required|enable|only|must be (?:set to )?['"`]?true)|(?:requires?|must (?:be|set|enable|use)|set|use).{0,12}\bstream(?:ing)?\b(?!_)|non-?stream\w*.{0,30}(?:not support|not allowed|unsupported|disabled)|(?:not support|unsupported).{0,20}non-?stream|set to false for non-?stream/i;

/** The first that matches counts. Sources of the words: `vendor-ends.fixture.ts`. */
const RULES: readonly VendorRule[] = [
  {
    who: 'environment',
    setting: 'the environment',
    says: /\btools?(?:\[|\.)\d+.{0,80}(?:name|schema|parameters|description|pattern|invalid)|invalid schema for function|functions?\.name|function_declarations|too many tools|tools.{0,20}array too long/i,
    at: [400, 422],
    remedy: 'correct the tool that it names (`npx optimize env check` lists names and schemas that endpoints refuse)',
  },
  {
    setting: 'protocol',
    says: /(?:reasoning(?:_content|_details)?|thinking|thought[_ ]signature).{0,80}(?:missing|must be|required|expected|passed back)|missing.{0,30}thought[_ ]signature/i,
    at: [400, 422],
    remedy: 'it wants back thoughts that it did not send: set protocol: text, or name a model without thinking',
  },
  {
    setting: 'protocol',
    says: /roles? must alternate|(?:unexpected|invalid|unknown|unsupported) role:?.{0,12}\btool\b|role.{0,3}tool.{0,20}not support/i,
    at: [400, 422, 500],
    remedy: 'set protocol: text, which sends results as plain messages of alternating roles',
  },
  {
    setting: 'protocol',
    says: new RegExp(
      `(?:${TOOLS}[^.]{0,60}${NO}|${NO}[^.]{0,40}${TOOLS}|no endpoints found that support (?:tool|the provided)|--jinja|--enable-auto-tool-choice)`,
      'i',
    ),
    at: [400, 404, 405, 422, 500, 501],
    remedy: 'set protocol: text for a model without native calls, or turn tools on at the server',
  },
  {
    setting: 'base_url',
    says: STREAMS_ONLY,
    at: [400, 422],
    remedy: 'name an endpoint of this model that answers without streaming',
  },
  {
    setting: 'max_tokens',
    says: /max_(?:completion_|new_|output_)?tokens(?!.*(?:context|prompt|input)).{0,80}(?:too large|too high|at most|should be|must be|less than|maximum|exceed|range|greater|>)/i,
    at: [400, 422],
    remedy: 'lower max_tokens to what this model can write',
  },
  {
    setting: 'key_env',
    says: /api[ _-]?key.{0,30}(?:not valid|invalid|incorrect|expired|missing|not found)|(?:invalid|incorrect|expired|missing|no).{0,20}api[ _-]?key|authentication|unauthorized/i,
    at: [400, 401, 403],
    remedy: 'set the variable to a key that may use this model',
  },
  { setting: 'key_env', says: /./, at: [401], remedy: 'set the variable to a key that may use this model' },
  {
    setting: 'model',
    says: /model.{0,80}(?:not found|(?:does|do|did)(?: not|n't) exist|not a valid|decommissioned|deprecated|no longer|not available|no access|not supported|unknown)|(?:invalid|unknown|no such|unsupported) model|model_not_found|not have access to.{0,20}model/i,
    at: [400, 403, 404, 410, 422],
    remedy: 'correct model (and base_url) to what this endpoint serves',
  },
  { setting: 'base_url', says: /./, at: [404, 405], remedy: 'correct base_url and model' },
];

/** The rule behind a refusal, or null. */
export const ruleOf = (status: number | undefined, text: string): VendorRule | null =>
  RULES.find(({ says, at }) => status !== undefined && at.includes(status) && says.test(text)) ?? null;
