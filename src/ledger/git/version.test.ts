/** Gits that are too old, and hooks that settings name. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { assertSafe, isOlder, switchedOff, versionIn } from './version.ts';

describe('the version of git', () => {
  it.each([
    ['git version 2.39.5', [2, 39]],
    ['git version 2.50.1 (Apple Git-155)\n', [2, 50]],
    ['git version 2.54.0.windows.1', [2, 54]],
    ['git version 3.0.0-rc1', [3, 0]],
  ])('%s', (text, version) => {
    expect(versionIn(text)).toEqual(version);
    expect(assertSafe(text)).toEqual(version);
  });
  it.each(['git version 2.31.8', 'git version 1.9.1', 'hub 2.14', ''])('%s is refused', (text) => {
    expect(() => assertSafe(text)).toThrow(UsageError);
  });
  it('is compared by number', () => {
    expect(isOlder([2, 9], [2, 32])).toBe(true);
    expect(isOlder([3, 0], [2, 54])).toBe(false);
  });
});

it('every hook of the settings is switched off, whatever its name', () => {
  const keys = ['hook.lint.command', 'hook.lint.event', 'hook.a.b=c\nd.command', 'hook.jobs'];
  expect(switchedOff(`${keys.join('\0')}\0`)).toEqual({
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'hook.lint.enabled',
    GIT_CONFIG_VALUE_0: 'false',
    GIT_CONFIG_KEY_1: 'hook.a.b=c\nd.enabled',
    GIT_CONFIG_VALUE_1: 'false',
  });
});
