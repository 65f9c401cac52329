/**
 * Which host may get which key. A file of the repository names both, so the pair has to be known
 * outside of it: a vendor's own, typed by a person, in a file of the user, or in a variable.
 */
import { isIPv4 } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { readPlain } from '../files.ts';
import { readAs, readYaml } from '../harness/yaml-document.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Pairs as `NAME=host`, separated by commas; a host may have a port. */
const VARIABLE = 'OPTIMIZE_KEY_HOSTS';

/** Hosts of the vendors whose keys have these names. */
const VENDORS: Readonly<Record<string, readonly string[]>> = {
  OPENAI_API_KEY: ['api.openai.com', 'eu.api.openai.com'],
  ANTHROPIC_API_KEY: ['api.anthropic.com'],
  GEMINI_API_KEY: ['generativelanguage.googleapis.com'],
  GOOGLE_API_KEY: ['generativelanguage.googleapis.com'],
  OPENROUTER_API_KEY: ['openrouter.ai'],
  GROQ_API_KEY: ['api.groq.com'],
  MISTRAL_API_KEY: ['api.mistral.ai'],
  DEEPSEEK_API_KEY: ['api.deepseek.com'],
  TOGETHER_API_KEY: ['api.together.xyz', 'api.together.ai'],
  FIREWORKS_API_KEY: ['api.fireworks.ai'],
  XAI_API_KEY: ['api.x.ai'],
  CEREBRAS_API_KEY: ['api.cerebras.ai'],
  DASHSCOPE_API_KEY: ['dashscope.aliyuncs.com', 'dashscope-intl.aliyuncs.com'],
  MOONSHOT_API_KEY: ['api.moonshot.ai', 'api.moonshot.cn'],
  NVIDIA_API_KEY: ['integrate.api.nvidia.com'],
};

/** Variables of this program, its signing key among them, are nobody else's key. */
export const isOwnVariable = (name: string): boolean => /^OPTIMIZE_/i.test(name);

/** True for an address of this machine: 127.0.0.0/8, ::1, localhost. Other names are not asked. */
export function isLoopback(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

/** The user's file of pairs: `NAME: [host, ...]`. */
export const keyHostsFile = (variables: Variables): string =>
  join(
    variables.XDG_CONFIG_HOME || variables.APPDATA || join(variables.HOME || homedir(), '.config'),
    'harness-optimizer',
    'key-hosts.yaml',
  );

const KeyHosts = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

function pairsIn(variables: Variables): readonly (readonly [name: string, host: string])[] {
  const said = (variables[VARIABLE] ?? '').split(',').flatMap((pair) => {
    if (pair.trim() === '') return [];
    const at = pair.indexOf('=');
    if (at < 0) throw new UsageError(`${VARIABLE}: expected NAME=host, separated by commas, got "${pair.trim()}"`);
    return [[pair.slice(0, at).trim(), hostOf(pair.slice(at + 1), VARIABLE)] as const];
  });
  const file = keyHostsFile(variables);
  const text = readPlain(file);
  const written = text === null ? {} : readAs(KeyHosts, readYaml(text, { file }), {});
  return [
    ...said,
    ...Object.entries(written).flatMap(([name, hosts]) =>
      [hosts].flat().map((host) => [name, hostOf(host, file)] as const),
    ),
  ];
}

/** The host of `models.example`, `MODELS.example:8443` or `https://models.example/v1`. */
function hostOf(text: string, where: string): string {
  const said = text.trim();
  const url = /^https?:\/\//i.test(said) ? said : `https://${said}`;
  const { host, username } = URL.canParse(url) ? new URL(url) : { host: '', username: '' };
  if (host === '' || username !== '' || host.includes('*'))
    throw new UsageError(`${where}: expected a host such as models.example or models.example:8443, got "${said}"`);
  return host;
}

export interface KeyUse {
  /** The variable that holds the key. */
  readonly name: string;
  /** Address of the endpoint. */
  readonly url: string;
  /** The person typed the address and the program chose the key's name, or the reverse. */
  readonly typed: boolean;
}

/** Whether the key may go there. Throws UsageError for an own variable and for plain http. */
export function mayReceive({ name, url, typed }: KeyUse, variables: Variables): boolean {
  if (isOwnVariable(name))
    throw new UsageError(`key_env: expected the variable of an endpoint's key, got ${name}, which is never sent`);
  const { protocol, host, hostname } = new URL(url);
  if (protocol !== 'https:' && !isLoopback(url))
    throw new UsageError(
      `expected https for ${host}, got ${protocol.slice(0, -1)}: a key would be readable on its way`,
    );
  if (typed || VENDORS[name]?.includes(host)) return true;
  return pairsIn(variables).some(([known, at]) => known === name && [host, hostname].includes(at));
}

/** What to do where a key may not go. */
export const unboundKey = ({ name, url }: KeyUse, variables: Variables): UsageError =>
  new UsageError(
    `the key ${name} is not bound to ${new URL(url).host}, and a file of a repository cannot bind it; add the line "${name}: ${new URL(url).host}" to ${keyHostsFile(variables)}, or set ${VARIABLE}=${name}=${new URL(url).host}`,
  );
