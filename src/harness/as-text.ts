/** A harness as text for other runtimes, with a list of what only this one can do. */
import type { Harness } from '../types.ts';
import { renderSkill } from './render.ts';
import type { Clause, Skill } from './schema.ts';

/** What `optimize export --format` takes. */
export const TEXT_FORMATS = ['prompt', 'skills', 'agents-md', 'json'] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

export interface HarnessText {
  /** By path; one file except for skills. */
  readonly files: ReadonlyMap<string, string>;
  /** One sentence each: what the runtime enforces or does, and no text can. */
  readonly lost: readonly string[];
}

/** `version`, such as `v3`, stands in the last line; null for what was not released. */
export function harnessAsText(harness: Harness, format: TextFormat, version: string | null): HarnessText {
  const mark = `Harness ${harness.env} ${version ?? '(not released)'}, ${harness.id.slice(0, 12)}.`;
  const lost = lostIn(harness);
  const { env, policy, contract, regulation, settings, id } = harness;
  const { layers } = settings;
  const clauses = layers.contract
    ? contract.clauses.filter(({ say, tell }) => say !== undefined && tell !== 'off')
    : [];
  const skills = layers.skills ? harness.skills : [];
  const one = (path: string, text: string): HarnessText => ({ files: new Map([[path, text]]), lost });
  const parts = (title: string) => [title, policy.trim(), rulesText(clauses), ...skills.map(skillText), mark];
  switch (format) {
    case 'prompt':
      return one('prompt.txt', joined(parts('')));
    case 'agents-md':
      return one('AGENTS.md', joined(parts(`# Rules for ${env}`)));
    case 'json': {
      const all = { env, policy, contract, regulation, skills: harness.skills, settings, lost, harness: id };
      return one('harness.json', `${JSON.stringify({ ...all, version }, null, 1)}\n`);
    }
    case 'skills':
      return { files: new Map(skillFiles(harness, { skills, clauses, mark })), lost };
  }
}

const joined = (parts: readonly string[]): string => `${parts.filter((part) => part !== '').join('\n\n')}\n`;

function rulesText(clauses: readonly Clause[]): string {
  if (clauses.length === 0) return '';
  const rows = clauses.map(
    ({ tools, say = '' }) => `- ${tools.map(toolName).join(', ')}: ${say.replace(/\s+/g, ' ').trim()}`,
  );
  return ['## Rules for tools', '', ...rows].join('\n');
}

/** `done` ends an episode here; elsewhere no tool may have that name. */
const toolName = (tool: string): string => (tool === 'done' ? 'before you finish' : `\`${tool}\``);

const skillText = ({ name, description, body }: Skill): string =>
  `## Skill: ${name}\n\n${description}\n\n${body.trim()}`;

/** The form of agentskills.io: a folder a skill; values of metadata are texts there. */
function* skillFiles(
  { env, policy, skills: taken }: Harness,
  {
    skills,
    clauses,
    mark,
  }: { readonly skills: readonly Skill[]; readonly clauses: readonly Clause[]; readonly mark: string },
): Generator<[path: string, text: string]> {
  const common = joined([policy.trim(), rulesText(clauses)]).trim();
  const own = `${env.replaceAll(/[^a-z0-9]+/g, '-')}-rules`.slice(0, 64);
  const name = taken.some((skill) => skill.name === own) ? `${own.slice(0, 59)}-all` : own;
  const description = `Policy and rules of ${env}. Read this before any other step of a request about ${env}.`;
  const all = common === '' ? skills : [{ name, description, metadata: {}, body: common }, ...skills];
  for (const { metadata, ...skill } of all) {
    const texts = Object.entries(metadata).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    const body = `${skill.body.trim()}\n\n${mark}`;
    yield [`${skill.name}/SKILL.md`, renderSkill({ ...skill, metadata: Object.fromEntries(texts), body })];
  }
}

/** In the order of the documents. */
function lostIn({ contract, regulation, settings, skills }: Harness): string[] {
  const { realization, permissions, layers } = settings;
  const checks = layers.contract
    ? contract.clauses.flatMap(({ id, tools, say, tell, require, enforce, prepare }) => {
        const told = say !== undefined && tell !== 'off' ? 'its sentence is exported' : 'no sentence tells it';
        const of = `clause ${id} (${tools.join(', ')})`;
        return [
          ...(require === undefined || enforce === 'off'
            ? []
            : [`${of}: the check ${JSON.stringify(require)} (enforce: ${enforce}) is made by the runtime; ${told}`]),
          ...(prepare.length === 0 ? [] : [`${of}: the reads and look-ups before the call are made by the runtime`]),
        ];
      })
    : [];
  const aliases = Object.entries(contract.aliases).flatMap(([tool, names]) =>
    Object.entries(names).map(([from, to]) => `alias ${tool}.${from}: the runtime reads it as ${to}`),
  );
  const switches = (['rescue', 'repair', 'rename', 'coerce'] as const).filter((key) => realization[key]);
  const protocol = realization.protocol === 'text' ? ['protocol: text: calls are told and read by the runtime'] : [];
  return [
    ...checks,
    ...(layers.contract ? aliases : []),
    ...(layers.contract
      ? contract.formats.map(
          ({ argument, pattern }) => `format of ${argument} (${pattern}): checked and repaired by the runtime`,
        )
      : []),
    ...(layers.regulation
      ? regulation.monitors.map(({ id, kind }) => `monitor ${id} (${kind}): watched by the runtime`)
      : []),
    ...(layers.realization && switches.length > 0
      ? [`${switches.join(', ')}: calls are read and mended by the runtime`]
      : []),
    ...(layers.realization ? protocol : []),
    ...(permissions.tools === undefined
      ? []
      : [`permissions.tools (${permissions.tools.join(', ')}): other calls are refused by the runtime`]),
    ...permissions.limits.map(
      ({ tool, argument, max }) => `permissions.limits ${tool}.${argument} <= ${max}: kept by the runtime`,
    ),
    ...(permissions.confirm.length === 0
      ? []
      : [`permissions.confirm (${permissions.confirm.join(', ')}): asked by the runtime`]),
    ...(layers.skills && skills.length > 0 && settings.skills.show === 'retrieved'
      ? [`skills: the runtime shows at most ${settings.skills.top_k} that fit a request; here all are exported`]
      : []),
  ];
}
