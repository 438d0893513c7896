/** What every list answers with. */
export interface PageOf<Item> {
  readonly data: readonly Item[];
  readonly pagination: { readonly nextCursor: string | null };
}

export interface Pages<Item> extends AsyncIterable<Item> {
  /** All items, or the first `max` of them. */
  toArray(options?: { max?: number }): Promise<Item[]>;
}

/** The items of a list, page after page as they are needed. Each iteration begins anew. */
export function pages<Item>(load: (cursor: string | undefined) => Promise<PageOf<Item>>): Pages<Item> {
  async function* items(): AsyncGenerator<Item> {
    let cursor: string | undefined;
    do {
      const page = await load(cursor);
      yield* page.data;
      cursor = page.pagination.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
  return {
    [Symbol.asyncIterator]: items,
    async toArray({ max = Number.POSITIVE_INFINITY } = {}) {
      const all: Item[] = [];
      if (max <= 0) return all;
      for await (const item of items()) {
        all.push(item);
        if (all.length >= max) break;
      }
      return all;
    },
  };
}
