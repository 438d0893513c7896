import type { IncomingMessage } from 'node:http';

const LIMIT = 16_384;

export class FormTooLarge extends Error {}

/** The fields of a posted form; a body of another type has none. */
export async function readForm(req: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req) {
    length += chunk.length;
    if (length > LIMIT) throw new FormTooLarge('The form is too large');
    chunks.push(chunk);
  }
  const isForm = req.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  return new URLSearchParams(isForm ? Buffer.concat(chunks).toString() : '');
}
