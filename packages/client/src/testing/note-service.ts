import {
  AppError,
  type Caller,
  type ErrorCode,
  HEADERS,
  NEWEST_VERSION,
  pageOf,
  pageQuery,
  toErrorBody,
} from '@plinth/contracts';
import { createLogger, initService } from '@plinth/service';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { z } from 'zod';
import { type Peer, type Reply, startPeer } from './peer.ts';

// A service made with the kit's own builders, so that its answers and errors are those of every service.

const { router, procedure } = initService<object>();

const note = z.object({ id: z.string(), title: z.string(), pinned: z.boolean() });

const NOTES = Array.from({ length: 45 }, (_, i) => ({
  id: `note_${i}`,
  title: `Note ${i}`,
  pinned: i === 0,
}));

/** Written notes by their key: the same key writes once. */
const written = new Map<string, z.output<typeof note>>();

const noteRouter = router({
  get: procedure
    .meta({ summary: 'Get a note', permission: 'signedIn' })
    .input(z.strictObject({ id: z.string() }))
    .output(note)
    .query(({ input }) => {
      const found = NOTES.find(({ id }) => id === input.id);
      if (!found) throw new AppError('NOT_FOUND', { details: { id: input.id.slice(0, 20) } });
      return found;
    }),
  list: procedure
    .meta({ summary: 'List notes', permission: 'signedIn' })
    .input(z.strictObject(pageQuery))
    .output(pageOf(note))
    .query(({ input }) => {
      const from = Number(input.cursor ?? 0);
      if (Number.isNaN(from)) throw new AppError('CURSOR_INVALID');
      const data = NOTES.slice(from, from + input.limit);
      const end = from + data.length;
      const hasMore = end < NOTES.length;
      return { data, pagination: { hasMore, nextCursor: hasMore ? String(end) : null } };
    }),
  create: procedure
    .meta({ summary: 'Write a note', permission: 'signedIn' })
    .input(z.strictObject({ title: z.string().min(1), pinned: z.boolean().default(false) }))
    .output(note)
    .mutation(({ ctx, input }) => {
      const key = ctx.call.idempotencyKey ?? '';
      const made = written.get(key) ?? { id: `note_${written.size + 100}`, ...input };
      written.set(key, made);
      return made;
    }),
});

const appRouter = router({
  note: noteRouter,
  count: procedure
    .meta({ summary: 'How many there are', permission: 'signedIn' })
    .output(z.object({ count: z.number() }))
    .query(() => ({ count: NOTES.length })),
});

/** The table of a client for this service. */
export interface NoteServices {
  notes: typeof appRouter;
}

/** A refusal as the gateway and the services write it. */
export function refusal(
  code: ErrorCode,
  options: { retryAfter?: number; headers?: Reply['headers'] } = {},
): Reply {
  const { retryAfter = 0, headers = {} } = options;
  const error = new AppError(code, { retryAfter });
  return { status: error.status, headers, body: toErrorBody('typed', error, 'corr-of-the-server') };
}

export interface NoteService extends Peer {
  /** The one that is accepted; any other has expired. */
  token: string;
}

const caller: Caller = { kind: 'member', id: 'usr_1', permissions: [], capabilities: [], suspended: false };

export async function startNoteService(): Promise<NoteService> {
  const log = createLogger({ name: 'notes', level: 'silent' });
  const handle = createHTTPHandler({
    router: appRouter,
    basePath: '/trpc/notes/',
    maxBatchSize: 20,
    createContext({ req }) {
      const headerOf = (name: string) => {
        const value = req.headers[name];
        return typeof value === 'string' ? value : undefined;
      };
      const request = {
        caller,
        service: undefined,
        correlationId: headerOf(HEADERS.correlationId) ?? '',
        apiVersion: NEWEST_VERSION,
        traceparent: undefined,
        clientAddress: undefined,
        userAgent: undefined,
        idempotencyKey: headerOf(HEADERS.idempotencyKey),
        log,
        replay: undefined,
      };
      return { request, onRefusal: () => undefined, log };
    },
  });
  const peer = await startPeer((request, response) => {
    if (request.headers.authorization === `Bearer ${service.token}`) return handle(request, response);
    const { status, body } = refusal('TOKEN_EXPIRED');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const service: NoteService = { ...peer, token: 'token' };
  return service;
}
