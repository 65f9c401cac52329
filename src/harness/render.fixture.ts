/** Whole documents as canonical text, for tests. */
import { Document } from 'yaml';
import { clauseEntries, documentText, formatEntries, monitorEntries, withoutDefaults } from './render.ts';
import { type Contract, HarnessSettings, type Regulation } from './schema.ts';

const defaults = HarnessSettings.omit({ version: true }).parse({});

/** A document of the non-empty entries; '' if there are none. */
function renderDocument(value: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(value).filter(([, entry]) => Object.keys(entry as object).length > 0);
  return entries.length === 0
    ? ''
    : documentText(new Document(Object.fromEntries(entries), { aliasDuplicateObjects: false }));
}

/** contract.yaml; '' for an empty contract, which parses to the same. */
export const renderContract = ({ clauses, aliases, formats }: Contract): string =>
  renderDocument({ clauses: clauses.map(clauseEntries), aliases, formats: formats.map(formatEntries) });

/** regulation.yaml; '' when there are no monitors. */
export const renderRegulation = ({ monitors }: Regulation): string =>
  renderDocument({ monitors: monitors.map(monitorEntries) });

/** harness.yaml, without defaults. */
export const renderSettings = (settings: HarnessSettings): string =>
  documentText(new Document(withoutDefaults(settings, defaults)));
