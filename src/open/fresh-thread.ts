/** The thread of `playFreshly`: loads the environment, plays, answers once. */
import { parentPort, workerData } from 'node:worker_threads';
import { playFresh } from '../environments/isolation.ts';
import { openEnvironment } from './environment.ts';
import type { FreshAnswer, FreshAsk } from './fresh.ts';

const { file, root, ids } = workerData as FreshAsk;
const environment = await openEnvironment({ env: file }, root, { unscored: true });
const answer: FreshAnswer = { tasks: environment.tasks, plays: await playFresh(environment, ids) };
parentPort?.postMessage(answer);
