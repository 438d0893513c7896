export const csvOf = (_names: readonly string[], _rows: unknown): string => '';
