import { z } from 'zod';

// What a request can say as a constant.

const LONGEST_TEXT = 10_000;

export const text = z
  .string()
  .max(LONGEST_TEXT)
  .refine((value) => !value.includes('\0'), 'holds a character that Postgres cannot');

const scalar = z.union([text, z.number(), z.boolean(), z.null()]);
export const literal = z.union([scalar, z.array(scalar).max(1_000), z.record(z.string(), z.unknown())]);
