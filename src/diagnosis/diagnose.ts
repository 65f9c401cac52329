/** Explains one failed trace: responsible step, class, cause and quoted evidence. */
import type { Diagnosis, Environment, Harness, Plan, Task, Trace } from '../types.ts';
import { attemptsOf, endOf, quote } from './attempts.ts';
import { causeOf } from './cause.ts';
import { CLASS_OF_PATTERN, type PatternMatch } from './patterns.ts';
import { failsAgain, findResponsible, type Responsible, writesOf } from './responsible.ts';
import { wrongAnswer } from './rules/answers.ts';
import { brokenChain } from './rules/chains.ts';
import { badEnding, isTextCall } from './rules/endings.ts';
import { lostReply } from './rules/lost.ts';
import { wrongWrite } from './rules/writes.ts';

export interface DiagnoseContext {
  readonly task: Task<'train'>;
  readonly environment: Environment;
  readonly harness: Harness;
}

/** Null for a passed (reward 1) or void trace. Replays happen on separate states. */
export async function diagnose(trace: Trace<'train'>, context: DiagnoseContext): Promise<Diagnosis | null> {
  if (trace.error !== undefined || trace.score === null || trace.score.reward >= 1) return null;
  const { task, environment, harness } = context;
  const plan = await environment.oracle?.(task);
  const responsible = await findResponsible(trace, task, environment, plan);
  const lost = lostReply(trace);
  const finding = lost ?? (await find(trace, responsible, context, plan));
  const step = lost?.step ?? (finding.pattern === 'text_call' ? firstTextCall(trace) : responsible.step);
  const made = attemptsOf(trace).filter((a) => a.outcome === 'ok' && !a.readOnly);
  const ending = endOf(trace)?.ending;
  return {
    trace: trace.id,
    task: task.id,
    step,
    failure: CLASS_OF_PATTERN[finding.pattern],
    ...causeOf(finding, trace, step, harness, plan),
    pattern: finding.pattern,
    ...(finding.tool === undefined ? {} : { tool: finding.tool }),
    ...(finding.argument === undefined ? {} : { argument: finding.argument }),
    completionWithoutEffect: ending?.reason === 'done' && made.length === 0 && responsible.missing.length > 0,
    evidence: finding.evidence,
    confidence: finding.confidence,
  };
}

async function find(
  trace: Trace,
  responsible: Responsible,
  { task, environment }: DiagnoseContext,
  plan: Plan | undefined,
): Promise<PatternMatch> {
  const { attempt, missing } = responsible;
  if (attempt && responsible.how === 'wrong_write')
    return wrongWrite(trace, attempt, plan ? writesOf(environment, plan) : [], environment, task);
  if (
    attempt?.outcome === 'error' &&
    responsible.how === 'open_chain' &&
    !(await failsAgain(trace, attempt, task, environment))
  )
    return { pattern: 'environment', tool: attempt.call.name, evidence: quote(attempt.content), confidence: 0.9 };
  if (attempt && responsible.how === 'open_chain') return brokenChain(trace, attempt, missing, environment, task, plan);
  const made = attemptsOf(trace).filter((a) => a.outcome === 'ok' && !a.readOnly);
  const ending = endOf(trace)?.ending;
  if (responsible.how === 'report' && ending?.reason === 'done') {
    const failed = trace.score?.checks.find((c) => !c.passed);
    return {
      pattern: 'missing_report',
      tool: 'done',
      evidence: quote(`${failed?.name ?? ''} ${ending.summary}`),
      confidence: 0.85,
    };
  }
  return wrongAnswer(trace, environment) ?? badEnding(trace, missing, made);
}

function firstTextCall(trace: Trace): number {
  const names = trace.prompt.tools.map((t) => t.name);
  const at = trace.steps.findIndex(
    (s) => s.kind === 'model' && s.toolCalls.length === 0 && isTextCall(s.content, names),
  );
  return at < 0 ? trace.steps.length - 1 : at;
}
