/** All commands, loaded on demand. */
import type { CommandDefinition } from './command.ts';

export const GROUPS: Readonly<Record<string, string>> = {
  env: 'environments: check NAME, generate NAME',
  keys: 'who signs decisions: init, rotate, revoke KEYID, list, salt',
};

/** In the order of the help. */
export const COMMANDS: Readonly<Record<string, () => Promise<CommandDefinition>>> = {
  night: async () => (await import('./night.ts')).night,
  plan: async () => (await import('./plan.ts')).plan,
  run: async () => (await import('./run.ts')).run,
  log: async () => (await import('./log.ts')).log,
  show: async () => (await import('./show.ts')).show,
  'why-not': async () => (await import('./why-not.ts')).whyNot,
  at: async () => (await import('./at.ts')).at,
  diff: async () => (await import('./diff.ts')).diff,
  apply: async () => (await import('./apply.ts')).apply,
  expire: async () => (await import('./expire.ts')).expire,
  approve: async () => (await import('./approve.ts')).approve,
  reject: async () => (await import('./approve.ts')).reject,
  adopt: async () => (await import('./adopt.ts')).adopt,
  rollback: async () => (await import('./rollback.ts')).rollback,
  export: async () => (await import('./export.ts')).exportEvidence,
  freeze: async () => (await import('./freeze.ts')).freeze,
  unfreeze: async () => (await import('./freeze.ts')).unfreeze,
  verify: async () => (await import('./verify.ts')).verify,
  ablate: async () => (await import('./ablate.ts')).ablate,
  baseline: async () => (await import('./baseline.ts')).baseline,
  aa: async () => (await import('./aa.ts')).aa,
  judge: async () => (await import('./judge.ts')).judge,
  audit: async () => (await import('./audit.ts')).audit,
  doctor: async () => (await import('./doctor.ts')).doctor,
  replay: async () => (await import('./replay.ts')).replay,
  init: async () => (await import('./init.ts')).init,
  'env check': async () => (await import('./env-check.ts')).envCheck,
  'env generate': async () => (await import('./env-generate.ts')).envGenerate,
  'keys init': async () => (await import('./keys.ts')).keysInit,
  'keys rotate': async () => (await import('./keys.ts')).keysRotate,
  'keys revoke': async () => (await import('./keys.ts')).keysRevoke,
  'keys list': async () => (await import('./keys.ts')).keysList,
  'keys salt': async () => (await import('./keys.ts')).keysSalt,
};
