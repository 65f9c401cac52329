/** Sections of a skill's Markdown by heading, as text that is compared byte for byte. */

/** `skill#Heading`, as `protected` of harness.yaml names a section; null for the id of an item. */
export function sectionName(name: string): { readonly skill: string; readonly heading: string } | null {
  const at = name.indexOf('#');
  return at < 0 ? null : { skill: name.slice(0, at), heading: name.slice(at + 1).trim() };
}

/**
 * Every section with this heading, up to the next heading of the same level or above. Headings in
 * code fences and comments do not count, so that hiding a section equals removing it.
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

/** The text without the sections of these headings. */
export function withoutSections(body: string, headings: readonly string[]): string {
  if (headings.length === 0) return body;
  const lines = body.split('\n');
  const heads = headsOf(lines);
  const inside = (line: number): boolean => {
    const above = heads.filter((head) => head.line <= line);
    return above.some(
      (head, index) => headings.includes(head.text) && above.slice(index + 1).every(({ level }) => level > head.level),
    );
  };
  return lines.filter((_, line) => !inside(line)).join('\n');
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
    if (fence !== null) {
      const end: string | undefined = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(text)?.[1];
      if (end?.startsWith(fence)) fence = null;
      continue;
    }
    const begin = /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/.exec(text);
    if (!comment && begin !== null) {
      fence = (begin[1] ?? begin[2]) as string;
      continue;
    }
    const head = comment ? null : /^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/.exec(text);
    if (head !== null) heads.push({ line, level: (head[1] as string).length, text: head[2] as string });
    comment = text.lastIndexOf('<!--') > text.lastIndexOf('-->') || (comment && !text.includes('-->'));
  }
  return heads;
}

/** What may stand before the first word of a line: quote marks, bullets, numbers. */
const MARKS = String.raw`^(?:\s|>|[-*+](?=\s)|\d{1,9}[.)](?=\s))*`;
const STRUCTURE = [
  // Headings, fences, underlines and rules, definitions of links.
  new RegExp(`${MARKS}(?:#{1,6}(?:\\s|$)|\`{3}|~{3}|=+\\s*$|[-*_](?:\\s*[-*_])*\\s*$|\\[[^\\]]*\\]:)`),
  // HTML, and every character that some program reads as a line end.
  /<[a-z/!?]|[\r\v\f\u0085\u2028\u2029]/i,
];

/** Lines that shape a document: they decide which heading text belongs to, and what is code. */
export const structureOf = (body: string): string[] =>
  body.split('\n').filter((line) => STRUCTURE.some((pattern) => pattern.test(line)));

/** True if some line could be read as this heading, however it is written. */
export function resembles(body: string, heading: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  return (
    structureOf(body).some((line) => /&#?\w+;/.test(line) || plain(line) === plain(heading)) ||
    body
      .split('\n')
      .some((line, at, lines) => /^\s*(?:=+|-+)\s*$/.test(lines[at + 1] ?? '') && plain(line) === plain(heading))
  );
}
