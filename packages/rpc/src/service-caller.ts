import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, HEADERS, type ServiceName } from '@plinth/contracts';
import { Pool } from 'undici';
import { connectionFaultOf, readAnswer } from './faults.ts';
import type { Replica, Replicas } from './replicas.ts';

// One service calling another's internal procedures, typed by the interface in contracts. Queries and mutations alike
// go as POST (the peer allows the method override), so that an input is never cut short by the length of a URL.

const CONNECTIONS = 32;
/** Below the 72 s after which our listeners close an idle connection. */
const KEEP_ALIVE_MS = 60_000;
const RETRY_JITTER_MS = 50;

type Procedures<Interface> = { [K in keyof Interface]: (input: never) => Promise<unknown> };

export interface CallContext {
  correlationId: string;
  /** The caller on whose behalf; absent when the service calls as itself. */
  passport?: string | undefined;
  traceparent?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Whether the call may be repeated when its connection breaks. True unless said otherwise. */
  idempotent?: boolean;
}

export interface ServiceCaller<Interface extends Procedures<Interface>> {
  call<K extends keyof Interface & string>(
    procedure: K,
    input: Parameters<Interface[K]>[0],
    context: CallContext,
  ): Promise<Awaited<ReturnType<Interface[K]>>>;
  close(): Promise<void>;
}

export interface ServiceCallerOptions {
  service: ServiceName;
  replicas: Replicas;
  mintServiceToken(call: { audience: ServiceName; passport?: string | undefined }): Promise<string>;
  timeoutMs?: number;
}

export function createServiceCaller<Interface extends Procedures<Interface>>(
  options: ServiceCallerOptions,
): ServiceCaller<Interface> {
  const { service, replicas, mintServiceToken, timeoutMs = 3_000 } = options;
  const attempts = Math.max(2, replicas.all.length);
  const peers = replicas.all.map(({ url }) => {
    const base = new URL(url);
    const pool = new Pool(base.origin, {
      connections: CONNECTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A replica that cannot be reached leaves time for the others.
      connect: { timeout: timeoutMs / replicas.all.length },
      // The deadline below covers the whole call.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { pool, prefix: base.pathname.replace(/\/$/, '') };
  });

  async function send(
    { index }: Replica,
    procedure: string,
    body: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ) {
    const peer = peers[index];
    if (!peer) throw new Error('the replicas are of another service');
    const path = `${peer.prefix}/internal/${procedure}`;
    const answer = await peer.pool.request({ method: 'POST', path, headers, body, signal });
    return { answer, text: await answer.body.text() };
  }

  async function headersOf(context: CallContext): Promise<Record<string, string>> {
    const { correlationId, passport, traceparent } = context;
    return {
      'content-type': 'application/json',
      [HEADERS.correlationId]: correlationId,
      [HEADERS.serviceToken]: await mintServiceToken({ audience: service, passport }),
      ...(passport !== undefined && { [HEADERS.passport]: passport }),
      ...(traceparent !== undefined && { traceparent }),
    };
  }

  /** To one replica after another while nothing was sent, or while it may be sent again. */
  async function sendRepeatedly(
    sending: (replica: Replica) => ReturnType<typeof send>,
    idempotent: boolean,
    { signal, deadline }: { signal: AbortSignal; deadline: AbortSignal },
  ): Promise<unknown> {
    let failedAt: Replica | undefined;
    for (let left = attempts - 1; ; left--) {
      const replica = replicas.take(failedAt);
      failedAt = replica;
      try {
        const { answer, text } = await sending(replica);
        replicas.answered(replica, answer.headers[HEADERS.stopping]);
        return readAnswer(service, answer.statusCode, text);
      } catch (error) {
        if (error instanceof AppError) throw error;
        const fault = connectionFaultOf(error);
        if (fault || deadline.aborted) replicas.failed(replica, fault ? 'broken' : 'silent');
        const repeatable = fault === 'refused' || (fault === 'broken' && idempotent);
        if (!repeatable || signal.aborted || left === 0) throw error;
      } finally {
        replicas.release(replica);
      }
      await sleep(Math.random() * RETRY_JITTER_MS, undefined, { signal });
    }
  }

  function toAppError(error: unknown, deadline: AbortSignal): AppError {
    if (error instanceof AppError) return error;
    const tooLate = deadline.aborted || connectionFaultOf(error) === 'tooSlow';
    return new AppError(tooLate ? 'UPSTREAM_TIMEOUT' : 'SERVICE_UNAVAILABLE', { cause: error });
  }

  return {
    async call<K extends keyof Interface & string>(
      procedure: K,
      input: Parameters<Interface[K]>[0],
      context: CallContext,
    ): Promise<Awaited<ReturnType<Interface[K]>>> {
      const headers = await headersOf(context);
      const deadline = AbortSignal.timeout(timeoutMs);
      const signal = context.signal ? AbortSignal.any([deadline, context.signal]) : deadline;
      const { idempotent = true } = context;
      try {
        const body = JSON.stringify(input);
        const sending = (replica: Replica) => send(replica, procedure, body, headers, signal);
        const answer = await sendRepeatedly(sending, idempotent, { signal, deadline });
        // The peer checks what it sends against the schema that this type is made from.
        return answer as Awaited<ReturnType<Interface[K]>>;
      } catch (error) {
        throw toAppError(error, deadline);
      }
    },
    async close() {
      await Promise.all(peers.map(({ pool }) => pool.close()));
    },
  };
}
