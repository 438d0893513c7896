import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';

const HELD_CHARACTERS = 256 * 1024;

/**
 * A text that is made piece by piece, given when its first piece is there: what goes wrong before that can still be answered as such.
 * Afterwards the text breaks off.
 */
export async function begunStream(
  signal: AbortSignal | undefined,
  make: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<Readable> {
  const stream = new PassThrough({ highWaterMark: HELD_CHARACTERS });
  const begun = Promise.withResolvers<void>();
  let isBegun = false;

  async function write(text: string): Promise<void> {
    if (stream.destroyed) throw new Error('nobody reads on');
    isBegun = true;
    begun.resolve();
    if (!stream.write(text)) await once(stream, 'drain', { signal });
  }

  make(write).then(
    () => {
      begun.resolve();
      stream.end();
    },
    (error) => {
      begun.reject(error);
      stream.destroy(isBegun ? error : undefined);
    },
  );
  await begun.promise;
  return stream;
}
