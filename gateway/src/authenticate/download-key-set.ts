import { importKeySet, type SigningKey } from './signing-key.ts';

const TIMEOUT_MS = 3_000;
const MAX_BYTES = 256 * 1024;

async function readLimited(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error('the key set is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export async function downloadKeySet(url: string): Promise<ReadonlyMap<string, SigningKey>> {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the issuer answered ${response.status}`);
  }
  const keys = importKeySet(JSON.parse((await readLimited(response)).toString()));
  if (keys.size === 0) throw new Error('the key set holds no usable key');
  return keys;
}
