// Rows that come a line at a time, as UTF-8 that may be given in pieces of whole lines.

/** A row as a JSON object, and the line where it begins, from 1. */
export interface ParsedRow {
  json: string | Buffer;
  line: number;
}

/** What the rows of a body, or of a part of it, have been. */
export interface SeenRows {
  /** All keys, in the order in which they first appeared. */
  columns: readonly string[];
  /** Whether every row had all of them. */
  isUniform: boolean;
}

/** The keys that further rows may have. */
export interface KnownKeys {
  columns: readonly string[];
  /** Each row has all of them. */
  isExact: boolean;
}

export interface RowsParser {
  /** The number of the line that comes next. */
  line(): number;
  read(bytes: Buffer): Generator<ParsedRow>;
  /** Of the rows since the last `begin`. */
  seen(): SeenRows;
  begin(known: KnownKeys | undefined): void;
}
