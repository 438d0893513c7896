import { hash } from 'node:crypto';
import {
  AppError,
  type exchangeInput,
  type exchangeOutput,
  type RateLimit,
  type Scope,
  type ServiceName,
  type VerifiedToken,
} from '@plinth/contracts';
import type { z } from 'zod';

// A caller's credential never goes past the gateway: identity exchanges it for a passport to one service and one scope.
// The pair of passport and limits is kept until shortly before the passport ends, so most requests ask nobody.

export type ExchangeInput = z.input<typeof exchangeInput>;
export type ExchangeOutput = z.output<typeof exchangeOutput>;

export interface CallContext {
  correlationId: string;
  traceparent: string;
}

export type ExchangeCredential = (input: ExchangeInput, context: CallContext) => Promise<ExchangeOutput>;

export interface PassportRequest {
  /** The credential as it was shown: what the cache knows a caller by. */
  credential: string | undefined;
  token: VerifiedToken | undefined;
  scope: Scope;
  organization: 'required' | 'optional';
  service: ServiceName;
}

export interface Granted {
  passport: string;
  limits: readonly RateLimit[];
}

export interface Passports {
  get(request: PassportRequest, context: CallContext): Granted | Promise<Granted>;
  /** Forgets everything: what was revoked is asked anew. */
  clear(): void;
}

interface PassportsOptions {
  exchange: ExchangeCredential;
  now?: () => number;
  maxEntries?: number;
}

interface Entry extends Granted {
  staleAt: number;
}

/** A passport must outlive the request that carries it through queues and downstream calls. */
const MARGIN_MS = 5_000;

export function createPassports({
  exchange,
  now = Date.now,
  maxEntries = 10_000,
}: PassportsOptions): Passports {
  let entries = new Map<string, Entry>();
  let underWay = new Map<string, Promise<Granted>>();

  async function ask(key: string, request: PassportRequest, context: CallContext): Promise<Granted> {
    const { token, scope, organization, service } = request;
    const kept = entries;
    const input = { ...(token && { token }), scope, organization, service };
    const answer = await exchange(input, context).catch(unavailableUnlessRefused);
    const granted = { passport: answer.passport, limits: answer.limits };
    kept.set(key, { ...granted, staleAt: answer.expiresAt * 1_000 - MARGIN_MS });
    const oldest = kept.size > maxEntries ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    return granted;
  }

  return {
    get(request, context) {
      const key = keyOf(request);
      const entry = entries.get(key);
      if (entry) {
        entries.delete(key);
        if (entry.staleAt > now()) {
          entries.set(key, entry);
          return entry;
        }
      }
      const waiting = underWay.get(key);
      if (waiting) return waiting;
      const flights = underWay;
      const flight = ask(key, request, context).finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
    clear() {
      // New maps, so that an answer already under way cannot bring back what is forgotten here.
      entries = new Map();
      underWay = new Map();
    },
  };
}

/** A refusal of the caller is the caller's to hear; a refusal of this gateway, or no answer at all, is not. */
function unavailableUnlessRefused(error: unknown): never {
  const isRefusal = error instanceof AppError && error.status < 500 && error.code !== 'UNAUTHENTICATED';
  throw isRefusal ? error : new AppError('AUTH_UNAVAILABLE', { cause: error });
}

function keyOf({ credential, scope, organization, service }: PassportRequest): string {
  const who = credential === undefined ? '' : hash('sha256', credential, 'base64url');
  const where = scope.workspaceId ?? scope.tenantId ?? scope.organizationId ?? '';
  const kind = scope.workspaceId ? 'w' : scope.tenantId ? 't' : scope.organizationId ? 'o' : '';
  return `${who} ${service} ${organization} ${kind} ${where}`;
}
