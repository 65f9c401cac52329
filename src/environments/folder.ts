/** What each folder of a built-in environment exports from its `index.ts` as `folder`. */
import type { Environment, GenerateOptions, Vocabulary } from '../types.ts';

export interface EnvironmentFolder {
  /** Name of the folder and of the environment. */
  readonly name: string;
  readonly vocabulary: Vocabulary;
  /** What a folder given by `--data` contains; absent when the environment takes none. */
  readonly data?: string;
  /** `root` holds `evals/`; `data` is absolute. Throws UsageError for files that do not fit. */
  load(from: LoadOptions): Environment | Promise<Environment>;
  /** Writes a fresh data set into the folder `out`, for `env generate`. */
  generate?(options: GenerateOptions, out: string): Promise<Pick<Environment, 'tasks' | 'digest'>>;
  /** Plays recorded calls; `data` is by default the folder of the file. */
  vectors?(file: string, data?: string): Promise<VectorsReport>;
}

export interface LoadOptions {
  /** Repository root: holds `evals/`. */
  readonly root: string;
  /** Folder with data of the environment's own kind. */
  readonly data?: string;
}

export interface VectorsReport {
  readonly vectors: number;
  /** One sentence per vector with another outcome. */
  readonly mismatches: readonly string[];
}
