/** Proposes the edit that somebody gives, so that it meets what every proposal meets. */
import { editKey } from '../edit/edits.ts';
import type { Edit } from '../edit/schema.ts';
import type { Proposer } from './proposer.ts';

/** Author of an edit that is given; no built-in proposer, so its risk is limited too. */
export const PERSON = 'person';

/** The edit as a person's. */
export const givenEdit = (ops: Edit['ops'], why = ''): Edit => ({
  ops,
  hypothesis: why.slice(0, 400),
  addresses: [],
  predicts: { fixes: 0, risks: '' },
  proposer: PERSON,
});

export const given = (edit: Edit): Proposer => ({
  name: PERSON,
  digest: editKey(edit),
  propose: ({ round }) => ({ edits: round === 1 ? [edit] : [] }),
});
