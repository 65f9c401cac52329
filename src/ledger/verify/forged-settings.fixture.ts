/** Cases 42, 43, 45 and 47 to 50: what nights ran under, and who approved what (for tests). */
import { sha256 } from '../../digest.ts';
import { NO_POLICY } from '../../policy/policy.ts';
import { policyDigest, type RecordedSettings } from '../kinds/settings.ts';
import { append, become, next, type StoryCommit } from '../story.fixture.ts';
import { type Case, record } from './forgery.fixture.ts';

const settings: RecordedSettings = {
  policy: { ...NO_POLICY, approval: { needed: 1, by: ['kim'] } },
  environment: sha256('environment'),
  tasks: [
    { id: 'a', split: 'train', tags: [], sha256: sha256('a') },
    { id: 'b', split: 'sealed', tags: [], sha256: sha256('b') },
    { id: 'c', split: 'sealed', tags: ['refusal'], sha256: sha256('c') },
  ],
};

const under = (
  commits: StoryCommit[],
  what: RecordedSettings,
  more: { readonly [field: string]: unknown } = {},
): void =>
  append(commits, next, (statement) => become(statement, { kind: 'settings', settings: what, loosens: [], ...more }));

/** The settings above, and then these without a word. */
const then =
  (
    change: (tasks: RecordedSettings['tasks']) => RecordedSettings['tasks'],
    policy: Partial<RecordedSettings['policy']> = {},
  ) =>
  (commits: StoryCommit[]): void => {
    under(commits, settings);
    under(commits, { ...settings, policy: { ...settings.policy, ...policy }, tasks: change(settings.tasks) });
  };

const approval = (commits: StoryCommit[], change: { readonly [field: string]: unknown }): void => {
  const entry = sha256(commits.at(-1)?.files.get(record(6))?.text as string);
  append(commits, next, (statement) => {
    become(statement, {
      kind: 'approve',
      why: 'read',
      version: 'v1',
      approval: { entry, policy: policyDigest(settings.policy), principal: 'kim', ...change },
    });
  });
};

export const forgedSettings: readonly Case[] = [
  [
    '42',
    'a held-out task changed',
    'V1',
    /0011\.json/,
    'loosens',
    then((tasks) => tasks.map((row) => (row.id === 'b' ? { ...row, sha256: sha256('easier') } : row))),
  ],
  [
    '43',
    'a task moved across splits',
    'V1',
    /0011\.json/,
    'loosens',
    then((tasks) => tasks.map((row) => (row.id === 'a' ? { ...row, split: 'sealed' as const } : row))),
  ],
  [
    '45',
    'another environment without an entry of its own',
    'V1',
    /0011\.json/,
    'data.environment',
    (commits) => {
      under(commits, settings);
      append(commits, next, ({ predicate }) => {
        predicate.data = { environment: sha256('another'), split: 's' };
      });
    },
  ],
  [
    '45',
    'a look on terms that are not those of the policy',
    'V1',
    /0011\.json/,
    'plan.terms.fdr',
    (commits) => {
      under(commits, settings);
      append(commits, next, (statement) => {
        become(statement, {
          kind: 'look',
          limits: [],
          data: { environment: settings.environment, split: 's', panel: 'p', look: 1 },
          plan: { tasks: ['b'], trials: 1, terms: { planned: 1, alpha: 0.1, fdr: 0.2 } },
        });
      });
    },
  ],
  [
    '45',
    'a policy that asks for less',
    'V1',
    /0011\.json/,
    'loosens',
    then((tasks) => tasks, { approval: { needed: 1, by: [] } }),
  ],
  [
    '47',
    'a task that has to be refused removed',
    'V1',
    /0011\.json/,
    'loosens',
    then((tasks) => tasks.filter(({ id }) => id !== 'c')),
  ],
  [
    '47',
    'a task that has to be refused removed, and a bot adopts it',
    'V2',
    /0011\.json/,
    'signer',
    (commits) => {
      under(commits, settings);
      under(
        commits,
        { ...settings, tasks: settings.tasks.slice(0, 2) },
        {
          loosens: ['task c, which guards a release (refusal), is gone'],
          who: { tool: 't', agent: null, served: null, proposer: null, simulated: false, operator: 'adopt' },
        },
      );
    },
  ],
  [
    '48',
    'an approval by the bot that released it',
    'V2',
    /0011\.json/,
    'signer',
    (commits) => {
      under(commits, settings);
      approval(commits, {});
    },
  ],
  [
    '49',
    'an approval of another record',
    'V1',
    /0011\.json/,
    'approval.entry',
    (commits) => {
      under(commits, settings);
      approval(commits, { entry: sha256('another') });
    },
  ],
  [
    '49',
    'an approval under another policy',
    'V1',
    /0011\.json/,
    'approval.policy',
    (commits) => {
      under(commits, settings);
      approval(commits, { policy: policyDigest(NO_POLICY) });
    },
  ],
  [
    '50',
    'an approval by somebody whom the policy does not name',
    'V1',
    /0011\.json/,
    'approval.principal',
    (commits) => {
      under(commits, settings);
      approval(commits, { principal: 'kai' });
    },
  ],
];
