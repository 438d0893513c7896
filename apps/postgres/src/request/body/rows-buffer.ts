// Rows as the bytes of a JSON array, put together where they are sent from. As texts they would outlive several collections of the
// young generation, which grows by what survives: a hundred megabytes for rows of one.

const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const FIRST_BYTES = 256 * 1024;
/** Of a character of a text. */
const MOST_BYTES = 3;

export interface RowsBuffer {
  clear(): void;
  /** Gives the number of its bytes. */
  add(row: string | Buffer): number;
  /** The array of all, which is there until the next is added. */
  all(): Buffer;
  /** That of some. */
  some(from: number, to: number): Buffer;
}

export function createRowsBuffer(): RowsBuffer {
  let bytes = Buffer.allocUnsafe(FIRST_BYTES);
  /** Each row, and the bracket at the beginning, has one byte after it. */
  let end = 1;
  let starts: number[] = [];

  function close(array: Buffer): Buffer {
    array[0] = OPEN;
    array[array.length - 1] = CLOSE;
    return array;
  }

  function makeRoom(row: string | Buffer): void {
    const needed = end + (typeof row === 'string' ? MOST_BYTES * row.length : row.length) + 1;
    if (needed <= bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * bytes.length));
    bytes.copy(larger, 0, 0, end);
    bytes = larger;
  }

  return {
    clear() {
      end = 1;
      starts = [];
    },
    add(row) {
      makeRoom(row);
      starts.push(end);
      bytes[end - 1] = COMMA;
      const size = typeof row === 'string' ? bytes.write(row, end) : row.copy(bytes, end);
      end += size + 1;
      return size;
    },
    all: () => close(bytes.subarray(0, Math.max(2, end))),
    some(from, to) {
      const first = starts[from];
      if (first === undefined || from === to) return Buffer.from('[]');
      return close(Buffer.from(bytes.subarray(first - 1, starts[to] ?? end)));
    },
  };
}
