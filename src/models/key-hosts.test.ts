/** Keys go to hosts that somebody outside the repository bound them to. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { isLoopback, keyHostsFile, mayReceive, unboundKey } from './key-hosts.ts';

const home = mkdtempSync(join(tmpdir(), 'key-hosts-'));
afterEach(() => rmSync(home, { recursive: true, force: true }));
const variables = (more: Readonly<Record<string, string>> = {}) => ({ HOME: home, ...more });
const may = (name: string, url: string, more = {}, typed = false) => mayReceive({ name, url, typed }, variables(more));

describe('a key that a file of the repository names', () => {
  it.each([
    ['OPENAI_API_KEY', 'https://api.openai.com/v1', true],
    ['OPENAI_API_KEY', 'https://api.openai.com.evil.example/v1', false],
    ['OPENAI_API_KEY', 'https://evil.example/api.openai.com', false],
    ['OPENAI_API_KEY', 'https://api.openai.com:8443/v1', false],
    ['GITHUB_TOKEN', 'https://api.openai.com/v1', false],
    ['GITHUB_TOKEN', 'http://127.0.0.1:9/v1', false],
    ['GROQ_API_KEY', 'https://api.groq.com/openai/v1', true],
  ])('%s to %s: %s', (name, url, right) => {
    expect(may(name, url)).toBe(right);
  });

  it('goes where the variable or the file of the user says', () => {
    const said = { OPTIMIZE_KEY_HOSTS: 'TEAM_KEY=models.example, OTHER=a.example:8443' };
    expect(may('TEAM_KEY', 'https://models.example/v1', said)).toBe(true);
    expect(may('TEAM_KEY', 'https://models.example:9443/v1', said)).toBe(true);
    expect(may('OTHER', 'https://a.example:8443/v1', said)).toBe(true);
    expect(may('TEAM_KEY', 'https://Models.Example/v1', { OPTIMIZE_KEY_HOSTS: 'TEAM_KEY=MODELS.example' })).toBe(true);
    expect(may('OTHER', 'https://a.example/v1', said)).toBe(false);
    expect(may('TEAM_KEY', 'https://a.example:8443/v1', said)).toBe(false);
    const file = keyHostsFile(variables());
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'TEAM_KEY: [models.example]\nLOCAL: 127.0.0.1:8082\n');
    expect(may('TEAM_KEY', 'https://models.example/v1')).toBe(true);
    expect(may('LOCAL', 'http://127.0.0.1:8082/v1')).toBe(true);
    expect(may('LOCAL', 'http://127.0.0.1:8083/v1')).toBe(false);
  });

  it.each(['https://models.example', 'HTTPS://Models.Example/v1', 'MODELS.EXAMPLE:443', ' models.example '])(
    'goes to the host of %j',
    (host) => {
      const said = { OPTIMIZE_KEY_HOSTS: `TEAM_KEY=${host}` };
      expect(may('TEAM_KEY', 'https://models.example/v1', said)).toBe(true);
      expect(may('TEAM_KEY', 'https://evil.example/v1', said)).toBe(false);
    },
  );

  it.each([
    'TEAM_KEY',
    'TEAM_KEY=',
    'TEAM_KEY=https://',
    'TEAM_KEY=a b',
    'TEAM_KEY=*.example',
    'TEAM_KEY=me@a.example',
  ])('%j is refused with a sentence', (said) => {
    expect(() => may('TEAM_KEY', 'https://models.example/v1', { OPTIMIZE_KEY_HOSTS: said })).toThrow(
      /OPTIMIZE_KEY_HOSTS: expected/,
    );
  });

  it('says how to bind it', () => {
    const error = unboundKey({ name: 'TEAM_KEY', url: 'https://models.example/v1', typed: false }, variables());
    expect(error.message).toMatch(/not bound to models\.example.*"TEAM_KEY: models\.example" to .*OPTIMIZE_KEY_HOSTS=/);
  });
});

describe('whoever names it', () => {
  it.each(['OPTIMIZE_SIGNING_KEY', 'optimize_signing_key', 'OPTIMIZE_KEYS'])('%s goes nowhere', (name) => {
    expect(() => may(name, 'http://127.0.0.1:1/v1', { OPTIMIZE_KEY_HOSTS: `${name}=127.0.0.1` }, true)).toThrow(
      UsageError,
    );
  });
  it.each(['http://models.example/v1', 'http://127.evil.example/v1', 'http://localhost.evil.example/v1'])(
    'no key goes to %s',
    (url) => {
      expect(() => may('OPENAI_API_KEY', url, {}, true)).toThrow(/expected https for/);
    },
  );
  it.each([
    ['http://127.0.0.1:8080/v1', true],
    ['http://127.9.8.7/v1', true],
    ['http://[::1]:8080/v1', true],
    ['http://localhost:8080/v1', true],
    ['http://2130706433/v1', true],
    ['http://127.evil.example/v1', false],
    ['http://128.0.0.1/v1', false],
    ['http://0.0.0.0/v1', false],
    ['nonsense', false],
  ])('%s is this machine: %s', (url, right) => {
    expect(isLoopback(url)).toBe(right);
  });
});
