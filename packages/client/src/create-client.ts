import { type Auth, createCredential } from './auth/credential.ts';
import { type CallOptions, type CallSettings, call, type RetryInfo } from './call.ts';
import { type Fetch, globalFetch } from './send.ts';
import type { Services } from './services.ts';
import { createTransport } from './transport.ts';
import type { Client } from './typed-client.ts';

export interface ClientOptions {
  /** The gateway's public URL. */
  url: string;
  auth: Auth;
  /** The organization to act in, for callers that belong to several. */
  organizationId?: string | undefined;
  fetch?: Fetch | undefined;
  /** How often a call is sent again at most. 3 unless given. */
  retries?: number | undefined;
  /** How long one attempt may take. 10 s unless given. */
  timeoutMs?: number | undefined;
  /** How long a call may take with all its attempts. 60 s unless given. */
  deadlineMs?: number | undefined;
  onRetry?: ((info: RetryInfo) => void) | undefined;
}

const METHODS: Partial<Record<string, 'query' | 'mutation'>> = { query: 'query', mutate: 'mutation' };

/** `client.tenancy.tenant.create.mutate({…})`: the names on the way become the path of the procedure. */
function follow(names: readonly string[], settings: CallSettings): object {
  const target = (input: unknown, options: CallOptions = {}) => {
    const [service = '', ...rest] = names;
    const type = METHODS[rest.pop() ?? ''];
    if (!type || rest.length === 0) {
      throw new TypeError(`${names.join('.')} is not a call: end it with .query() or .mutate()`);
    }
    return call({ service, type, path: rest.join('.'), input }, options, settings);
  };
  return new Proxy(target, {
    get(_, name) {
      // A client that is awaited or printed by mistake is no promise and no procedure.
      if (typeof name !== 'string' || name === 'then') return undefined;
      return follow([...names, name], settings);
    },
  });
}

/** A client for every service. `Table` is given only where other routers than Plinth's own are served. */
export function createClient<Table = Services>(options: ClientOptions): Client<Table> {
  const { auth, organizationId, fetch = globalFetch, onRetry = () => undefined } = options;
  const { retries = 3, timeoutMs = 10_000, deadlineMs = 60_000 } = options;
  const url = options.url.replace(/\/+$/, '');
  const transport = createTransport({ url, organizationId, fetch, timeoutMs });
  const settings = { transport, credential: createCredential(auth), retries, deadlineMs, onRetry };
  // The proxy has every name there can be; the type says which of them are procedures.
  return follow([], settings) as Client<Table>;
}
