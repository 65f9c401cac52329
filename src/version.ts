/** The program's version, recorded in every decision. */
export const VERSION = '0.1.0';
