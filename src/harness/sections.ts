/** Sections of a skill's Markdown by their heading, as text that is compared byte for byte. */

/** `skill#Heading`, as `protected` of harness.yaml names a section; null for the id of a whole item. */
export function sectionName(name: string): { readonly skill: string; readonly heading: string } | null {
  const at = name.indexOf('#');
  return at < 0 ? null : { skill: name.slice(0, at), heading: name.slice(at + 1).trim() };
}

/**
 * Every section with this heading: from its line to the next heading of the same level or above. A heading in a code fence or a
 * comment is none, so that hiding a section is the same as removing it.
 */
export function sectionsOf(body: string, heading: string): string[] {
  const lines = body.split('\n');
  const heads = headsOf(lines);
  return heads.flatMap(({ line, level, text }, index) => {
    if (text !== heading) return [];
    const next = heads.slice(index + 1).find((head) => head.level <= level);
    return [lines.slice(line, next?.line).join('\n').trimEnd()];
  });
}

interface Head {
  readonly line: number;
  /** 1-6 */
  readonly level: number;
  readonly text: string;
}

function headsOf(lines: readonly string[]): Head[] {
  const heads: Head[] = [];
  let fence: string | null = null;
  let comment = false;
  for (const [line, text] of lines.entries()) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(text)?.[1];
    if (!comment && mark !== undefined) {
      if (fence === null) fence = mark;
      else if (mark.startsWith(fence)) fence = null;
      continue;
    }
    if (fence !== null) continue;
    const head: RegExpExecArray | null = comment ? null : /^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/.exec(text);
    if (head !== null) heads.push({ line, level: (head[1] as string).length, text: head[2] as string });
    comment = text.lastIndexOf('<!--') > text.lastIndexOf('-->') || (comment && !text.includes('-->'));
  }
  return heads;
}
