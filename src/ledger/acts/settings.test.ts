/** The endpoints of a night's models are part of what it runs under. */
import { afterAll, expect, it } from 'vitest';
import { NO_POLICY } from '../../policy/policy.ts';
import type { Environment } from '../../types.ts';
import { openLedger } from '../branch/ledger.ts';
import { titleOf } from '../kinds/index.ts';
import { settingsInForce } from '../kinds/settings.ts';
import { keep, newShop, nextTime, removeFolders, who } from '../shop.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';
import { endpointsOf, type GivenSettings, recordSettings, settingsOf } from './settings.ts';

afterAll(removeFolders);

const bare = settingsOf({ digest: 'a'.repeat(64), tasks: [] } as unknown as Environment, NO_POLICY);
const agent = (baseUrl: string, keyEnv: string | null = null) => ({ id: 'openai:m', endpoint: { baseUrl, keyEnv } });
const asking = (...agents: Parameters<typeof endpointsOf>[0]): GivenSettings => ({
  ...bare,
  endpoints: endpointsOf(agents),
});

it('names each model once, whatever the order, and none that sends nothing', () => {
  const [a, b] = [agent('https://a.example/v1', 'A_KEY'), agent('https://b.example/v1')];
  expect(endpointsOf([b, { id: 'sim:medium' }, a, b])).toEqual(endpointsOf([a, b]));
  expect(endpointsOf([a])).toEqual([{ model: 'openai:m', baseUrl: 'https://a.example/v1', keyEnv: 'A_KEY' }]);
});

it('another address, another key or no endpoint at all is a change that loosens nothing; an act without a model keeps them', async () => {
  const { repository } = await newShop();
  const ledger = await openLedger(repository, 'shop');
  await keep(ledger, 'second');
  const records = async (settings: GivenSettings) => {
    const before = ledger.decisions().length;
    await recordSettings(ledger, settings, { who, time: nextTime() });
    return ledger.decisions().length - before;
  };
  const here = agent('http://127.0.0.1:8080/v1');
  expect(await records(asking(here))).toBe(1);
  expect(await records(asking(here))).toBe(0);
  expect(await records(bare)).toBe(0);
  expect(await records(asking(agent('https://models.example/v1', 'TEAM_KEY')))).toBe(1);
  expect(await records(asking(agent('https://models.example/v1', 'OTHER_KEY')))).toBe(1);
  const last = ledger.decisions().at(-1);
  expect(last && titleOf(last)).toBe('what nights run under; openai:m at https://models.example/v1, key OTHER_KEY');
  expect(last).toMatchObject({ kind: 'settings', loosens: [] });
  const { issues, branches } = await verifyRepository(repository);
  expect([issues, branches[0]?.endpoints]).toEqual([
    [],
    [{ model: 'openai:m', baseUrl: 'https://models.example/v1', keyEnv: 'OTHER_KEY' }],
  ]);
  expect(await records(asking({ id: 'sim:medium' }))).toBe(1);
  expect(settingsInForce(ledger.decisions())).toEqual(bare);
});
