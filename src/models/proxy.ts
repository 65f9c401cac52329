/** Connections to other machines go through the proxy of HTTPS_PROXY, as other tools' do. */
import { request } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { UsageError } from '../errors.ts';
import { isLoopback } from './key-hosts.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** The first of these variables that is set; small letters are usual, too. */
const setTo = (variables: Variables, ...names: readonly string[]): string =>
  names
    .flatMap((name) => [variables[name.toLowerCase()], variables[name]])
    .find((value) => value?.trim())
    ?.trim() ?? '';

/** True where NO_PROXY names the host: `*`, a host, or the end of one, with or without a port. */
function isExempt({ hostname, port }: URL, list: string): boolean {
  return list.split(/[\s,]+/).some((entry) => {
    const [, name = '', only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (entry === '' || (only !== undefined && only !== (port || '443'))) return false;
    return entry === '*' || (name !== '' && (hostname === name || hostname.endsWith(`.${name}`)));
  });
}

/** Null for none. Throws UsageError for an address that is no HTTP proxy. */
export function proxyFor(url: URL, variables: Variables): URL | null {
  // Plain http goes to this machine alone.
  if (url.protocol !== 'https:' || isLoopback(url.href)) return null;
  const value = setTo(variables, 'HTTPS_PROXY', 'ALL_PROXY');
  if (value === '' || isExempt(url, setTo(variables, 'NO_PROXY'))) return null;
  const address = value.includes('://') ? value : `http://${value}`;
  const proxy = URL.canParse(address) ? new URL(address) : null;
  if (proxy === null || !/^https?:$/.test(proxy.protocol))
    throw new UsageError(
      `HTTPS_PROXY: expected an address such as http://proxy.example:3128, got ${proxy?.protocol ?? 'no address'}; correct it, or name ${url.hostname} in NO_PROXY`,
    );
  return proxy;
}

const tunnels = new Map<string, HttpsAgent>();

/** Undefined for a direct connection. Throws as `proxyFor`. */
export function agentFor(url: URL, variables: Variables): HttpsAgent | undefined {
  const proxy = proxyFor(url, variables);
  if (proxy === null) return undefined;
  const known = tunnels.get(proxy.href) ?? tunnelThrough(proxy);
  tunnels.set(proxy.href, known);
  return known;
}

/** TLS to the endpoint inside a tunnel (CONNECT, RFC 9110 9.3.6): the proxy sees the host alone. */
function tunnelThrough(proxy: URL): HttpsAgent {
  const agent = new HttpsAgent({ keepAlive: true });
  const { username, password, host } = proxy;
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const failed = (why: string, cause?: unknown) => new Error(`the proxy ${host} (HTTPS_PROXY) ${why}`, { cause });
  agent.createConnection = (options, ready) => {
    const to = `${options.host}:${options.port ?? 443}`;
    const asked = (proxy.protocol === 'https:' ? requestHttps : request)({
      hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: to,
      agent: false,
      headers: { host: to, ...(username === '' ? {} : { 'proxy-authorization': `Basic ${credentials}` }) },
    });
    const done = ready as (error: Error | null, socket?: Duplex) => void;
    asked.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return done(null, connectTls({ ...(options as ConnectionOptions), socket }));
      socket.destroy();
      done(failed(`refused a connection to ${to} (HTTP ${statusCode})`));
    });
    asked.once('response', ({ statusCode }) => done(failed(`is no proxy for https (HTTP ${statusCode})`)));
    asked.once('error', (error) => done(failed(`gives no connection: ${error.message || codeOf(error)}`, error)));
    asked.end();
    return undefined;
  };
  return agent;
}

const codeOf = (error: Error): string => String((error as { code?: unknown }).code ?? error.name);
