/** The definition of a command: its name, its options as a zod schema, and its work. */
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { ExitName } from '../exit-codes.ts';

/** Help of an option: its meaning, and a placeholder if it takes a value. */
export interface OptionHelp {
  readonly value?: string;
  readonly help: string;
  /** True if it may be given more than once. */
  readonly repeats?: boolean;
}

/** Every option has an entry here, made by the functions of `options.ts`. */
export const OPTION_HELP = z.registry<OptionHelp>();

interface Definition<S extends z.ZodObject> {
  /** As typed, such as `env check`. */
  readonly name: string;
  readonly summary: string;
  /** Meaning by name: `<id>` is required, `[version]` optional. @default none */
  readonly arguments?: Readonly<Record<string, string>>;
  /** Names in camel case; `maxUsd` is typed as `--max-usd`. */
  readonly options: S;
  /** Exit codes beside 0, 1 and 2. @default none */
  readonly exits?: readonly ExitName[];
  /** A command line, without `npx optimize`. */
  readonly example: string;
  /** Returns the exit code. */
  run(flags: z.output<S>, ...args: string[]): Promise<number>;
}

export interface CommandDefinition extends Required<Omit<Definition<z.ZodObject>, 'run'>> {
  /** `raw`: options as typed. Throws UsageError for a bad value. */
  start(raw: Readonly<Record<string, unknown>>, args: readonly string[]): Promise<number>;
}

export const command = <S extends z.ZodObject>(definition: Definition<S>): CommandDefinition => ({
  arguments: {},
  exits: [],
  ...definition,
  start: async (raw, args) => definition.run(readFlags(definition.options, raw), ...args),
});

/** `maxUsd` -> `--max-usd` */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function readFlags<S extends z.ZodObject>(options: S, raw: unknown): z.output<S> {
  const read = options.safeParse(raw);
  if (read.success) return read.data;
  const [{ path, message } = { path: [], message: '' }] = read.error.issues;
  throw new UsageError(`${flagOf(String(path[0]))}: ${message}`);
}

/** The options that give these values, as typed; defaults are left out. */
export function typedFlags(options: z.ZodObject, flags: Readonly<Record<string, unknown>>): string {
  const words = optionsOf({ options }).flatMap(({ name, fallback }) => {
    const value = flags[name];
    if (value === undefined || value === fallback) return [];
    return value === true ? [flagOf(name)] : [flagOf(name), shellWord(String(value))];
  });
  return words.join(' ');
}

/** Quoted where a shell would take it apart. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

export interface OptionView extends OptionHelp {
  /** `maxUsd` */
  readonly name: string;
  /** `--max-usd <x>` */
  readonly term: string;
  readonly required: boolean;
  /** The default; undefined for none. */
  readonly fallback: unknown;
}

/** The options of a command as help shows them. */
export const optionsOf = ({ options }: Pick<CommandDefinition, 'options'>): OptionView[] =>
  Object.entries(options.shape).map(([name, schema]) => {
    let inner: unknown = schema;
    let fallback: unknown;
    while (inner instanceof z.ZodDefault || inner instanceof z.ZodExactOptional) {
      if (inner instanceof z.ZodDefault) fallback = inner.def.defaultValue;
      inner = inner.unwrap();
    }
    const help = OPTION_HELP.get(inner as z.ZodType) ?? { help: '' };
    const term = help.value === undefined ? flagOf(name) : `${flagOf(name)} ${help.value}`;
    return { ...help, name, term, fallback, required: inner === schema };
  });
