/** Which file a fault of a harness is reported in, and how many more there are. */
import { expect, test } from 'vitest';
import { EnvironmentError } from '../errors.ts';
import { parseHarness } from '../harness/parse.ts';
import type { Environment } from '../types.ts';
import { assertSound } from './assert-lint.ts';
import { lamp } from './lamp.fixture.ts';

const faults = (settings: string) =>
  assertSound(parseHarness('lamp', new Map([['harness.yaml', `version: 1\n${settings}`]])), lamp, null);

test('a fault of the settings names harness.yaml', async () => {
  await expect(faults('editable: [contrct.yaml]\n')).rejects.toThrow(
    'harness/lamp/harness.yaml: editable: there is no contrct.yaml; did you mean contract.yaml?; correct it or take it out',
  );
});

test('further faults are counted', async () => {
  await expect(faults('protected: [a, b]\n')).rejects.toThrow(/take it out \(and 1 more fault\)$/);
  await expect(faults('protected: [a, b, c]\n')).rejects.toThrow(/take it out \(and 2 more faults\)$/);
});

test('an environment that fails is no fault of the settings, and is asked three times', async () => {
  let asked = 0;
  const broken: Environment = {
    ...lamp,
    tasks: lamp.tasks.map((task) => ({ ...task, split: 'train' })),
    oracle: () => ({ calls: [{ name: 'press', arguments: {} }], summary: '' }),
    execute: () => {
      asked += 1;
      throw new EnvironmentError('the process ended');
    },
  };
  await assertSound(parseHarness('lamp', new Map([['harness.yaml', 'version: 1\n']])), broken, null);
  expect(asked).toBe(3);
});
