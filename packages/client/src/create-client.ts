import { createCredential } from './auth/credential.ts';
import { type CallOptions, type CallSettings, call } from './call.ts';
import type { ClientOptions } from './client-options.ts';
import { globalFetch } from './send.ts';
import type { Services } from './services.ts';
import { createTransport } from './transport.ts';
import type { Client } from './typed-client.ts';

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
