import {
  createTRPCUntypedClient,
  httpBatchLink,
  httpLink,
  type Operation,
  splitLink,
  type TRPCUntypedClient,
} from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { API_VERSION, HEADERS } from './headers.ts';
import { type SendOptions, send } from './send.ts';

// How calls become requests: queries of one moment share one, mutations never do, since a request has one idempotency key.

const MAX_BATCH = 20;
/** Half of what the gateway takes: proxies on the way take less. */
const MAX_URL_LENGTH = 8_000;
/** What the address, the procedure's name and the batch's own signs may take of it. */
const MAX_INPUT_LENGTH = MAX_URL_LENGTH - 1_000;

export interface Request {
  readonly service: string;
  readonly type: 'query' | 'mutation';
  readonly path: string;
  readonly input: unknown;
}

/** What one call sends with its requests. */
export interface Envelope {
  /** Calls that share a request share its id: the first one's. */
  correlationId: string;
  readonly idempotencyKey: string | undefined;
  authorization: string;
}

export interface Transport {
  request(request: Request, envelope: Envelope, signal: AbortSignal): Promise<unknown>;
}

export interface TransportOptions extends SendOptions {
  url: string;
  organizationId: string | undefined;
}

/** A query too long for a batch goes alone, for the server to judge. */
function isForBatch({ type, input }: Operation): boolean {
  return type === 'query' && encodeURIComponent(JSON.stringify(input) ?? '').length <= MAX_INPUT_LENGTH;
}

/** The services that hold the data of workspaces. */
const DATA_SERVICES: readonly string[] = ['postgres'];

function workspaceOf(service: string, input: unknown): string | undefined {
  if (!DATA_SERVICES.includes(service) || input === null || typeof input !== 'object') return undefined;
  const { workspaceId }: { workspaceId?: unknown } = input;
  return typeof workspaceId === 'string' ? workspaceId : undefined;
}

export function createTransport({ url, organizationId, ...sending }: TransportOptions): Transport {
  /** Calls of one workspace's data may share a request, for the request names the workspace. */
  const clients = new Map<string, TRPCUntypedClient<AnyTRPCRouter>>();
  /** By the context object, which links get to see as it is. */
  const envelopes = new WeakMap<object, Envelope>();

  function headersOf(operations: readonly Operation[], workspaceId?: string): Record<string, string> {
    const [first, ...others] = operations.flatMap(({ context }) => envelopes.get(context) ?? []);
    if (!first) return {};
    for (const other of others) other.correlationId = first.correlationId;
    return {
      authorization: first.authorization,
      [HEADERS.apiVersion]: API_VERSION,
      [HEADERS.correlationId]: first.correlationId,
      ...(organizationId !== undefined && { [HEADERS.organizationId]: organizationId }),
      ...(workspaceId !== undefined && { [HEADERS.workspaceId]: workspaceId }),
      ...(first.idempotencyKey !== undefined && { [HEADERS.idempotencyKey]: first.idempotencyKey }),
    };
  }

  function clientOf(service: string, workspaceId: string | undefined): TRPCUntypedClient<AnyTRPCRouter> {
    const key = `${service} ${workspaceId ?? ''}`;
    const known = clients.get(key);
    if (known) return known;
    const link = {
      url: `${url}/trpc/${service}`,
      fetch: (to: unknown, init: object = {}) => send(String(to), init, sending),
    };
    const client = createTRPCUntypedClient<AnyTRPCRouter>({
      links: [
        splitLink({
          condition: isForBatch,
          true: httpBatchLink({
            ...link,
            maxItems: MAX_BATCH,
            maxURLLength: MAX_URL_LENGTH,
            headers: ({ opList }) => headersOf(opList, workspaceId),
          }),
          false: httpLink({ ...link, headers: ({ op }) => headersOf([op], workspaceId) }),
        }),
      ],
    });
    clients.set(key, client);
    return client;
  }

  return {
    request({ service, type, path, input }, envelope, signal) {
      const context = {};
      envelopes.set(context, envelope);
      return clientOf(service, workspaceOf(service, input))[type](path, input, { context, signal });
    },
  };
}
