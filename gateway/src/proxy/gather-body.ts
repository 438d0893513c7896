import type { IncomingMessage } from 'node:http';
import { AppError } from '@plinth/contracts';

// A JSON body is gathered before its service hears of it: there are few connections to a service, and a caller who sends
// slowly would keep one for as long as it likes. Such a caller costs a little memory instead, of which there is a budget.

export interface Gathering {
  /** Reads no more. */
  stop(): void;
  /** Gives the memory back. */
  release(): void;
}

export interface Gatherer {
  gather(
    request: IncomingMessage,
    maxBodyBytes: number,
    on: { whole(body: Buffer): void; refused(error: AppError): void },
  ): Gathering;
}

export interface GathererOptions {
  /** Of all bodies together, beside what each may have at any time. */
  budgetBytes?: number;
  withinMs?: number;
}

const BUDGET_BYTES = 128 * 1024 * 1024;
/** Most bodies are smaller: they are taken in also while large ones use the budget up. */
const ALWAYS_BYTES = 16 * 1024;
const WITHIN_MS = 30_000;

export const tooLarge = (limitBytes: number) =>
  new AppError('PAYLOAD_TOO_LARGE', {
    message: `The body is larger than ${limitBytes} bytes`,
    details: { limitBytes },
  });

export function createGatherer({
  budgetBytes = BUDGET_BYTES,
  withinMs = WITHIN_MS,
}: GathererOptions = {}): Gatherer {
  let held = 0;

  return {
    gather(request, maxBodyBytes, { whole, refused }) {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const late = setTimeout(() => refuse(new AppError('REQUEST_TIMEOUT')), withinMs);

      function take(chunk: Buffer): void {
        bytes += chunk.length;
        held += chunk.length;
        if (bytes > maxBodyBytes) refuse(tooLarge(maxBodyBytes));
        else if (bytes > ALWAYS_BYTES && held > budgetBytes) refuse(new AppError('OVERLOADED'));
        else chunks.push(chunk);
      }

      function finish(): void {
        stop();
        const [only] = chunks;
        whole(only && chunks.length === 1 ? only : Buffer.concat(chunks));
      }

      function refuse(error: AppError): void {
        stop();
        refused(error);
      }

      function stop(): void {
        clearTimeout(late);
        request.removeListener('data', take);
        request.removeListener('end', finish);
      }

      request.on('data', take);
      request.once('end', finish);
      return {
        stop,
        release() {
          held -= bytes;
          bytes = 0;
        },
      };
    },
  };
}
