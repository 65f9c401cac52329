/** The labels of failures and the class that each belongs to. */
import type { FailureClass } from '../types.ts';

/** Pattern label -> failure class, in the order of the cascade. */
export const CLASS_OF_PATTERN = {
  text_call: 'action_realization',
  missing_prefix: 'action_realization',
  name_for_id: 'action_realization',
  wrong_name: 'action_realization',
  wrong_type: 'action_realization',
  invented_id: 'contract_mismatch',
  write_before_read: 'contract_mismatch',
  wrong_state: 'contract_mismatch',
  wrong_order: 'contract_mismatch',
  partial: 'contract_mismatch',
  missing_report: 'contract_mismatch',
  unasked_write: 'contract_mismatch',
  loop: 'trajectory_degeneration',
  claim: 'trajectory_degeneration',
  gave_up: 'trajectory_degeneration',
  wrong_answer: 'residual_reasoning',
  wrong_value: 'residual_reasoning',
  reasoning: 'residual_reasoning',
  environment: 'residual_reasoning',
  cut: 'lost_reply',
  empty: 'lost_reply',
} as const satisfies Record<string, FailureClass>;

export type Pattern = keyof typeof CLASS_OF_PATTERN;

/** What a rule found wrong at one step. */
export interface PatternMatch {
  readonly pattern: Pattern;
  readonly tool?: string;
  readonly argument?: string;
  /** Quoted from the trace. */
  readonly evidence: string;
  /** 0-1. */
  readonly confidence: number;
}
