/** Reads a text as a person or a model does: through look-alikes, split words and escapes. */

/** Letters that look like the Latin letter before them. */
const LOOK_ALIKES =
  'aаαɑᴀ bЬьβʙ cсϲᴄ dԁᴅ eеεєᴇ fғꜰ gɡɢ hһнʜ iіιıɩɪ jјᴊ kкκᴋ lӏʟ mмᴍ nпηɴ oоοσօᴏ pрρᴘ qԛ rгʀ sѕꜱ tтτᴛ uυսцᴜ vνѵᴠ wԝωѡᴡ xхχ yуγʏ zᴢ';
const LATIN = new Map(LOOK_ALIKES.split(' ').flatMap(([latin = '', ...others]) => others.map((one) => [one, latin])));
/** Digits and signs that stand for letters. */
const LEET: Readonly<Record<string, string>> = { '0': 'o', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's' };

/** The text in each way in which it can be read, one below the other. */
export function asRead(text: string): string {
  const plain = text
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Mn}]/gu, '')
    .replace(/&#(x?)([0-9a-f]{1,6});?/gi, (_, hex: string, code: string) => characterOf(parseInt(code, hex ? 16 : 10)))
    .replace(/%([2-7][0-9a-f])/gi, (_, code: string) => characterOf(parseInt(code, 16)))
    .replace(/ ?[[({](?:\.|dot)[\])}] ?|(?<=[a-z\d])[。｡](?=[a-z])/gi, '.');
  const latin = plain.normalize('NFKD').replace(/[\p{L}\p{Mn}]+/gu, folded);
  const joined = latin.replace(/(?<=\p{L})[-.·_*~|](?=\p{L})/gu, '');
  const spelled = (one: string) => latin.replace(/[a-z\d@$]*[a-z][a-z\d@$]*/gi, (word) => unleeted(word, one));
  return [...new Set([plain, latin, joined, spelled('i'), spelled('l')])].join('\n');
}

const characterOf = (code: number): string => (code > 31 && code <= 0x10ffff ? String.fromCodePoint(code) : ' ');

/** In Latin letters if each letter looks like one, else as it is. */
function folded(word: string): string {
  const letters = [...word.replace(/\p{Mn}/gu, '').toLowerCase()].map((letter) => LATIN.get(letter) ?? letter);
  return letters.every((letter) => letter >= 'a' && letter <= 'z') ? letters.join('') : word;
}

const unleeted = (word: string, one: string): string =>
  word.replace(/[03457@$]/g, (sign) => LEET[sign] ?? sign).replaceAll('1', one);

/** Four and more letters that stand apart in one way: `s k i p`, `s-k-i-p`. */
const SPLIT = /(?<![\p{L}\d])\p{L}([ .·_*~|/-])\p{L}(?:\1\p{L}){2,}(?![\p{L}\d])/u;

/** A word that is split, or that mixes Latin and a script with look-alikes of it; else null. */
export function disguised(text: string): string | null {
  const plain = text.normalize('NFKC');
  const mixed = (word: string) =>
    /\p{Script=Latin}/u.test(word) &&
    /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u.test(word);
  return (plain.match(/[\p{L}\p{M}]+/gu) ?? []).find(mixed) ?? SPLIT.exec(plain)?.[0] ?? null;
}
