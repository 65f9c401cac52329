/** The kinds of decision that a ledger holds. */
export const KINDS = [
  'candidate',
  'external',
  'look',
  'release',
  'audit',
  'settings',
  'approve',
  'reject',
  'apply',
  'rollback',
  'freeze',
  'unfreeze',
  'merge',
  'note',
  'keys',
  'expire',
] as const;
