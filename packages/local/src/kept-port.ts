import { existsSync, readFileSync } from 'node:fs';
import { writePrivately } from './home.ts';

/** The port of the starts before while it is free, so that the URLs of credentials that people were given stay right. */
export async function keptPort(
  file: string,
  nextPort: (wanted?: number) => Promise<number>,
): Promise<number> {
  const before = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) || undefined : undefined;
  const port = await nextPort(before);
  if (port !== before) writePrivately(file, `${port}\n`);
  return port;
}
