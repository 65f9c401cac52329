/** Which files below `harness/<env>/` are the harness. */

/** Matches the path of a skill; group 1 is its id. */
export const skillPath = /^skills\/([^/]+)\/SKILL\.md$/;

/** What lies beside a SKILL.md: scripts, references, pictures. */
export const besideSkill = /^skills\/[^/]+\/(?!SKILL\.md$)/i;

/** Hidden files are left alone, and so is what lies beside a SKILL.md: it is never shown or run. */
export const isHarnessPath = (path: string): boolean =>
  !path.split('/').some((part) => part.startsWith('.')) && !besideSkill.test(path);
