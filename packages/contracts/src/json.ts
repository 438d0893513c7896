/** A value as JSON has it, under a name of our own: clients are given it without zod. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
