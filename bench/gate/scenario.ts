/**
 * The worlds in which gates are compared: files under `scenarios/`, one value a key, with a digest
 * that is printed with every result.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { sha256 } from '../../src/digest.ts';

const share = z.number().min(0).max(1);

/**
 * A kind of edit that a proposer writes: how often, how many tasks it touches, and by how much it
 * moves their chance.
 */
const Kind = z.strictObject({
  /** Share of the proposals; what no kind takes does nothing. */
  share,
  /** Share of the tasks touched. */
  touches: share,
  /** By how much the chance of a touched task rises (0-1) or falls (below 0). */
  moves: z.number().min(-1).max(1),
  /** Share of the touched tasks that move the other way. @default 0 */
  against: share.default(0),
});
export type Kind = z.infer<typeof Kind>;

/** The tasks, and the agent that plays them. */
const Tasks = z.strictObject({
  about: z.string().min(1),
  dev: z.int().min(20).default(100),
  sealed: z.int().min(20).default(100),
  /** `deterministic`: a task is won or lost, always; `noisy`: every trial is a draw. */
  agent: z.enum(['deterministic', 'noisy']),
  /** Checks a task; the reward of a trial is the share of them that pass. 1 = won or lost. */
  checks: z.int().min(1).default(1),
  /** A task's chance: Beta(a, b), U-shaped below 1. */
  chance: z.tuple([z.number().gt(0), z.number().gt(0)]),
  /** Families of tasks that edits touch together; null = every task for itself. */
  families: z
    .strictObject({ count: z.int().min(2), declared: z.boolean() })
    .nullable()
    .default(null),
  /**
   * `fresh`: every look gets tasks that nobody has seen; `fixed`: the same ones, twelve looks at
   * most.
   */
  panel: z.enum(['fresh', 'fixed']).default('fresh'),
  /** Change of every chance over one night. */
  drift: z.number().min(-1).max(1).default(0),
  /** Share of pairs that are void. */
  voids: share.default(0),
});

/** Night after night of candidates, on top of each other. */
const YearFile = Tasks.extend({
  kind: z.literal('year'),
  /** Latent fixes: each can be found once. Their share falls with the number left. */
  fixes: z.strictObject({ count: z.int().min(0), ...Kind.shape }).optional(),
  /** Other kinds, by name. */
  edits: z.record(z.string(), Kind).default({}),
  nights: z.int().min(1),
  /** Candidates a night. */
  candidates: z.int().min(1).default(20),
});

/** One night with one candidate, for each kind of candidate. */
const SingleFile = Tasks.extend({
  kind: z.literal('single'),
  edits: z.record(z.string(), Kind.omit({ share: true })),
});

/** One look at a sealed panel, for each true effect. */
const LooksFile = z.strictObject({
  kind: z.literal('looks'),
  about: z.string().min(1),
  tasks: z.int().min(10),
  /** Trials a task and arm. */
  trials: z.int().min(1),
  population: z.enum([
    'flips',
    'noise',
    'halves',
    'catastrophe',
    'families',
    'undeclared',
    'better',
    'drift',
    'bank-first',
  ]),
  /** True mean differences, 0-0.6; of `better` alone. */
  effects: z.array(z.number().min(0).max(0.6)).min(1).default([0]),
  /** Of the tasks that change, the share that gets better. */
  betterShare: z.number().gt(0.5).max(1).default(0.8),
});

const File = z.discriminatedUnion('kind', [YearFile, SingleFile, LooksFile]);

export interface Named {
  readonly name: string;
  /** First 12 hex digits of the file's SHA-256. */
  readonly digest: string;
}
export type Year = z.infer<typeof YearFile> & Named;
export type Single = z.infer<typeof SingleFile> & Named;
export type Looks = z.infer<typeof LooksFile> & Named;
export type Scenario = Year | Single | Looks;

/**
 * Seen from the top of the project, where npm runs its scripts: the bench itself is compiled into
 * another folder.
 */
const FOLDER = resolve('bench/gate/scenarios');

/** Throws ZodError with the key that is wrong. */
export function readScenario(name: string): Scenario {
  const text = readFileSync(join(FOLDER, `${name}.yaml`), 'utf8');
  return { ...File.parse(parse(text)), name, digest: sha256(text).slice(0, 12) };
}

/** The one night of candidate `edit`, as a year. */
export const yearOf = ({ kind, edits, ...tasks }: Single, edit: string): Year => ({
  ...tasks,
  kind: 'year',
  edits: { [edit]: { share: 1, ...(edits[edit] as Omit<Kind, 'share'>) } },
  nights: 1,
  candidates: 1,
});

export const scenarioNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
