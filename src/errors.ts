/** Errors that a caller may meet; each says what was expected, what was found and what to do. */

/** What was thrown, as text; an object without one says so. */
export function reasonOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'an object without a text';
  }
}

/** Wrong flags, files or settings: exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** File and line, when the fault lies in a file. */
  readonly where: string | undefined;
  constructor(message: string, options: { where?: string; cause?: unknown } = {}) {
    super(options.where ? `${options.where}: ${message}` : message, { cause: options.cause });
    this.where = options.where;
  }
}

/** The budget cannot decide anything: exit 5. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError';
}

/**
 * Who failed: decides about scores, messages, freezing and exit codes. What an agent did is scored;
 * a vendor's rule needs a setting (exit 2); an endpoint is out of order; `program` is this machine.
 */
export type Who = 'agent' | 'environment' | 'vendor' | 'endpoint' | 'harness' | 'program';

/** No reply to judge (network, endpoint, disk): void rollout; exit 1 when nothing can go on. */
export class InfrastructureError extends Error {
  override readonly name: string = 'InfrastructureError';
  readonly who: Who;
  /** What a refusal is about, if that decides what comes next. */
  readonly about: 'length' | 'filter' | undefined;
  /** True if another try may succeed. */
  readonly retryable: boolean;
  /** True if the same request would be refused again: do not repeat it. */
  readonly final: boolean;
  /** True if no other call can succeed or be trusted: the run ends. */
  readonly fatal: boolean;
  /** True if a person must look before the next night. */
  readonly freezes: boolean;
  constructor(
    message: string,
    options: {
      who?: Who;
      about?: 'length' | 'filter' | undefined;
      retryable?: boolean;
      final?: boolean;
      fatal?: boolean;
      freezes?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.who = options.who ?? 'program';
    this.about = options.about;
    this.retryable = options.retryable ?? false;
    this.final = options.final ?? false;
    this.fatal = options.fatal ?? false;
    this.freezes = options.freezes ?? false;
  }
}

/** An environment failed: void rollout, never a score; exit 1 for too many. Tools may throw it. */
export class EnvironmentError extends InfrastructureError {
  override readonly name = 'EnvironmentError';
}

/** Recomputation disagrees with the record: exit 6. */
export class VerifyError extends Error {
  override readonly name = 'VerifyError';
}

/** The environment is frozen: no night until a person lifts it; exit 7. */
export class FrozenError extends Error {
  override readonly name = 'FrozenError';
}

/** Ctrl-C or SIGTERM: exit 130, resumable. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** Why `signal` was aborted: the cap that was reached, else an interruption. */
export const endedBy = (signal: AbortSignal | undefined, cause?: unknown): BudgetError | InterruptedError =>
  signal?.reason instanceof BudgetError ? signal.reason : new InterruptedError('interrupted', { cause });
