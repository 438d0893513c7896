import { z } from 'zod';

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

export const pageQuery = {
  limit: z
    .number()
    .int()
    .min(1)
    .max(MAX_PAGE_SIZE)
    .default(DEFAULT_PAGE_SIZE)
    .meta({ description: 'How many items a page holds.', example: DEFAULT_PAGE_SIZE }),
  cursor: z
    .string()
    .min(1)
    .max(2_048)
    .optional()
    .meta({ description: 'The `nextCursor` of the page before. Leave it out for the first page.' }),
} as const;

export interface Page<Item> {
  data: Item[];
  pagination: { nextCursor: string | null; hasMore: boolean };
}

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    data: z.array(item).meta({ description: 'The items of this page.' }),
    pagination: z
      .object({
        nextCursor: z
          .string()
          .nullable()
          .meta({ description: 'Give it as `cursor` for the next page.', example: null }),
        hasMore: z.boolean().meta({ description: 'Whether there is a next page.', example: false }),
      })
      .meta({ description: 'Where this page stands.' }),
  });
}
