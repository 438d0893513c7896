// How a process is connected to the Redis of the gateways: nobody waits for it, so a command that cannot be sent now fails
// now, and a lost connection comes back by itself.

const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_MS = 2_000;

/** For ioredis. */
export const REDIS_OPTIONS = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  enableOfflineQueue: false,
  disableClientInfo: true,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, MAX_RECONNECT_MS),
  // A failover leaves us at a replica that refuses to write.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
};
