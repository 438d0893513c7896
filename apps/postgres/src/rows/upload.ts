import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AppError } from '@plinth/contracts';

// A body of any length, read once: counted, hashed, and given up when its caller left or its time is over.

export interface UploadLimits {
  bytes: number;
  ms: number;
}

export interface Upload {
  chunks: AsyncIterable<Buffer>;
  /** Of a caller who left, or of the time that it may take. */
  signal: AbortSignal;
  /** Of all of it; what nobody has read is read first. */
  digest(): Promise<string>;
  close(): void;
}

const tooLarge = (limitBytes: number): AppError =>
  new AppError('PAYLOAD_TOO_LARGE', {
    message: `The body is larger than ${limitBytes} bytes`,
    details: { limitBytes },
  });

const tooSlow = (ms: number): AppError =>
  new AppError('REQUEST_TIMEOUT', {
    message: `The rows have not all arrived within ${Math.round(ms / 1_000)} seconds, so none was kept`,
  });

export function openUpload(body: Readable, left: AbortSignal, limits: UploadLimits): Upload {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(tooSlow(limits.ms)), limits.ms);
  const signal = AbortSignal.any([left, over.signal]);
  // Of the read that is waited for alone: a promise of the signal would keep all that was ever raced with it.
  let giveUp: ((reason: unknown) => void) | undefined;
  signal.addEventListener('abort', () => giveUp?.(signal.reason));
  // Whoever stops reading may still answer.
  const bytes: AsyncIterator<Buffer> = body.iterator({ destroyOnReturn: false });
  const hash = createHash('sha256');
  let length = 0;

  function nextBytes(): Promise<IteratorResult<Buffer>> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      giveUp = reject;
      bytes.next().then(resolve, (cause) => reject(new AppError('REQUEST_TIMEOUT', { cause })));
    });
  }

  async function* read(): AsyncGenerator<Buffer> {
    for (;;) {
      const next = await nextBytes();
      if (next.done) return;
      length += next.value.length;
      if (length > limits.bytes) throw tooLarge(limits.bytes);
      hash.update(next.value);
      yield next.value;
    }
  }

  const chunks = read();
  return {
    chunks,
    signal,
    async digest() {
      for await (const _ of chunks);
      return hash.digest('base64url');
    },
    close: () => clearTimeout(timer),
  };
}
