import { once } from 'node:events';
import type { Server } from 'node:http';

/** Listens on a free loopback port, and says which. */
export async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  return address.port;
}
