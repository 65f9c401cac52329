/** A lending library of one page: loans in three states, copies with options, readers. */
import { z } from 'zod';
import { defineEnvironment, tool } from './define.ts';

interface Copy {
  readonly copy_id: string;
  readonly book_id: string;
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}
interface Loan {
  loan_id: string;
  reader_id: string;
  status: 'open' | 'overdue' | 'closed';
  branch: string;
  copies: Copy[];
  reason?: string;
}
interface Library {
  loans: Record<string, Loan>;
}
interface Ask {
  readonly kind: 'swap' | 'move' | 'close' | 'refuse';
  readonly loan: Loan;
  /** For swaps: what is lent, what is wanted instead. */
  readonly from: readonly Copy[];
  readonly to: readonly Copy[];
}

const TITLES = ['River Atlas', 'Night Train', 'Stone Garden', 'Paper Moon', 'Salt Road', 'Glass Hill'];
const FORMATS = ['hardcover', 'paperback', 'audio'];
const LANGUAGES = ['English', 'Danish', 'Czech'];
const BRANCHES = ['Northgate', 'Millpond', 'Castle Row'];
const REASONS = ['everything is back', 'the copies are lost'];

const copyOf = (book: number, form: number, language: number): Copy => ({
  copy_id: `${7000000 + book * 100 + form * 10 + language}`,
  book_id: `${510000 + book}`,
  name: TITLES[book] as string,
  options: { format: FORMATS[form] as string, language: LANGUAGES[language] as string },
});
const copiesOf = (book: number): Copy[] => FORMATS.flatMap((_, f) => LANGUAGES.map((_, l) => copyOf(book, f, l)));
const books = Object.fromEntries(
  TITLES.map((name, book) => [`${510000 + book}`, { book_id: `${510000 + book}`, name, copies: copiesOf(book) }]),
);

function inputOf(seed: number, index: number): Ask {
  const n = seed * 1000 + index;
  const kind = (['swap', 'move', 'swap', 'close', 'swap', 'refuse'] as const)[index % 6] as Ask['kind'];
  const [a, b] = [n % 6, (n + 1 + (n % 4)) % 6];
  const from = [copyOf(a, n % 3, 0), copyOf(b, (n + 1) % 3, 1)];
  const to = [copyOf(a, (n + 1) % 3, 0), copyOf(b, (n + 2) % 3, 1)];
  const two = n % 2 === 0;
  const status = kind === 'close' ? 'overdue' : kind === 'refuse' ? 'closed' : 'open';
  const loan: Loan = {
    loan_id: `#L${40000 + n}`,
    reader_id: `reader_${3000 + n}`,
    status,
    branch: 'Central',
    copies: from,
  };
  return { kind, loan, from: two ? from : from.slice(0, 1), to: two ? to : to.slice(0, 1) };
}

const said = ({ name, options }: Copy): string => `${name} (${options.format}, ${options.language})`;
const reasonOf = ({ loan }: Ask): string => REASONS[Number(loan.loan_id.slice(2)) % 2] as string;
const branchOf = ({ loan }: Ask): string => BRANCHES[Number(loan.loan_id.slice(2)) % 3] as string;

function requestOf(ask: Ask): string {
  const { loan, from, to } = ask;
  if (ask.kind === 'close') return `Please close my loan ${loan.loan_id}: ${reasonOf(ask)}. I agree to it.`;
  if (ask.kind === 'move')
    return `Loan ${loan.loan_id} should be kept for me at ${branchOf(ask)} from now on. I agree to it.`;
  const swaps = from.map((copy, i) => `${said(copy)} for ${said(to[i] as Copy)}`);
  return `In loan ${loan.loan_id} swap ${swaps.join(' and ')}, please. I agree to exactly this.`;
}

function loanIn({ loans }: Library, id: string, ...states: readonly Loan['status'][]): Loan {
  const loan = loans[id];
  if (!loan) throw new Error('Loan not found');
  if (states.length > 0 && !states.includes(loan.status)) throw new Error(`The loan is ${loan.status}`);
  return loan;
}

const id = z.string();
const loanId = z.object({ loan_id: id.describe("Id of the loan, such as #L00000. The '#' belongs to it.") });

export const library = defineEnvironment<Library, Ask>({
  name: 'library',
  vocabulary: {
    user: 'reader',
    personalFields: ['card'],
    speech: {
      verbs: { swap: '\\bswap\\w*|\\breplac\\w+', close: '\\bclos(?:e|es|ed|ing)\\b|\\bend(?:s|ed|ing)?\\b' },
      states: { open: '', overdue: '\\btoo late\\b|\\bpast its date\\b' },
      nouns: { copy: ['copy', 'book', 'edition', 'volume'], book: ['book', 'title'] },
      inventedIds: { loan: '#L12345', copy: '7000001' },
      confusions: { book_id: 'copy_id', copy_id: 'book_id' },
    },
  },
  tasks: ({ seed, tasks }) => Array.from({ length: tasks }, (_, i) => ({ id: `t${i}`, input: inputOf(seed, i) })),
  prompt: ({ input }) => requestOf(input),
  reset: ({ input: { loan } }) => ({ loans: { [loan.loan_id]: loan } }),
  tools: {
    get_loan: tool('Show a loan: its status and its copies.', loanId, (state, given) => loanIn(state, given.loan_id), {
      readOnly: true,
    }),
    get_book: tool(
      'Show a book with all its copies.',
      z.object({ book_id: id.describe('Id of the book, such as 510000.') }),
      (_state, { book_id }) => {
        if (!books[book_id]) throw new Error('Book not found');
        return books[book_id];
      },
      { readOnly: true },
    ),
    swap_open_loan_copies: tool(
      'Swap copies of an open loan for other copies of the same books. Works once, so name all copies in one call.',
      loanId.extend({ copy_ids: z.array(id), new_copy_ids: z.array(id) }),
      (state, { loan_id, copy_ids, new_copy_ids }) => {
        const loan = loanIn(state, loan_id, 'open');
        if (copy_ids.length !== new_copy_ids.length) throw new Error('The numbers of copies should match');
        const all = Object.values(books).flatMap(({ copies }) => copies);
        const news = copy_ids.map((old, i) => {
          const had = loan.copies.find(({ copy_id }) => copy_id === old);
          const wanted = all.find(({ copy_id }) => copy_id === new_copy_ids[i]);
          if (!had) throw new Error(`${old} not found`);
          if (wanted?.book_id !== had.book_id) throw new Error('Copy not found');
          return wanted;
        });
        loan.copies = [...loan.copies.filter(({ copy_id }) => !copy_ids.includes(copy_id)), ...news];
        return loan;
      },
    ),
    move_open_loan: tool(
      'Keep an open loan at another branch.',
      loanId.extend({ branch: z.string() }),
      (state, { loan_id, branch }) => Object.assign(loanIn(state, loan_id, 'open'), { branch }),
    ),
    close_overdue_loan: tool(
      'Close an overdue loan.',
      loanId.extend({ reason: z.enum(REASONS) }),
      (state, { loan_id, reason }) => Object.assign(loanIn(state, loan_id, 'overdue'), { status: 'closed', reason }),
    ),
  },
  score: ({ input }, { loans }) => {
    const loan = loans[input.loan.loan_id] as Loan;
    const has = (copy: Copy): boolean => loan.copies.some(({ copy_id }) => copy_id === copy.copy_id);
    const reached = {
      swap: input.to.every(has),
      move: loan.branch === branchOf(input),
      close: loan.reason === reasonOf(input),
      refuse: loan.reason === undefined && input.loan.copies.every(has),
    }[input.kind];
    return { reward: reached ? 1 : 0, checks: [{ name: 'loan', passed: reached }] };
  },
  ceiling: 0.2,
  oracle: ({ input }) => {
    const { loan, from, to, kind } = input;
    const reads = [{ name: 'get_loan', arguments: { loan_id: loan.loan_id } }];
    const summary = kind === 'refuse' ? `Nothing was done: the loan is closed.` : 'It is done.';
    if (kind === 'refuse') return { calls: reads, summary };
    if (kind === 'move')
      return {
        calls: [...reads, { name: 'move_open_loan', arguments: { loan_id: loan.loan_id, branch: branchOf(input) } }],
        summary,
      };
    if (kind === 'close')
      return {
        calls: [
          ...reads,
          { name: 'close_overdue_loan', arguments: { loan_id: loan.loan_id, reason: reasonOf(input) } },
        ],
        summary,
      };
    const lookUps = from.map(({ book_id }) => ({ name: 'get_book', arguments: { book_id } }));
    const ids = (copies: readonly Copy[]): string[] => copies.map(({ copy_id }) => copy_id);
    const swap = { loan_id: loan.loan_id, copy_ids: ids(from), new_copy_ids: ids(to) };
    return {
      calls: [...reads, ...lookUps, { name: 'swap_open_loan_copies', arguments: swap }],
      summary,
      mentions: Object.fromEntries([...from, ...to].map((copy) => [copy.copy_id, said(copy)])),
    };
  },
});
