/** The exit codes of the program, one number per meaning; scripts depend on them. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  nothingCertified: 3,
  regression: 4,
  budget: 5,
  verify: 6,
  frozen: 7,
  interrupted: 130,
} as const;

export type ExitName = keyof typeof EXIT;

/** Meaning of each code, for help and documents. */
export const EXIT_MEANING: Readonly<Record<ExitName, string>> = {
  ok: 'released, or the command did its work',
  internal: 'internal error, or the infrastructure failed',
  usage: 'usage or configuration, or verify could not check something',
  nothingCertified: 'finished, nothing certified',
  regression: 'a regression was found',
  budget: 'the budget cannot decide anything',
  verify: 'verify disagrees with the record',
  frozen: 'frozen until a person lifts it',
  interrupted: 'interrupted; type the same command again to go on',
};
