/** Imports a user's module: natively if Node can, else through jiti, with this package by name. */

import { UsageError } from '../errors.ts';

type Exports = Readonly<Record<string, unknown>>;

/** Errors that mean "Node cannot load this as it is", not "the module is wrong". */
const retryCodes: readonly unknown[] = [
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
  'ERR_REQUIRE_ESM',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
];

const packageName = 'harness-optimizer';

/** A `.js` file with imports or exports in a package whose files are CommonJS. */
const isModuleInCommonJs = (error: unknown): boolean =>
  error instanceof SyntaxError && /outside a module|Unexpected token 'export'/.test(error.message);

/**
 * The exports of the module at a file URL. The fallback passes in this package and zod as loaded
 * here, so that a file may import both from any place. Throws what the module throws, and
 * UsageError for a path with a backslash.
 */
export async function importModule(url: URL): Promise<Exports> {
  if (/%5c/i.test(url.pathname))
    throw new UsageError('Node loads no module from a path with a backslash; rename the folder or file that has it');
  try {
    return (await import(url.href)) as Exports;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (!retryCodes.includes(code) && !isModuleInCommonJs(error)) throw error;
  }
  // The index re-exports this folder, so it is imported only here and by name.
  const index = new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js', import.meta.url);
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    virtualModules: { [packageName]: await import(index.href), zod: await import('zod') },
  });
  return jiti.import<Exports>(url.href);
}
