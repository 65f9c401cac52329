/** Which file a fault of a harness is reported in, and how many more there are. */
import { expect, test } from 'vitest';
import { parseHarness } from '../harness/parse.ts';
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
