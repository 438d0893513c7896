import {
  AppError,
  type exchangeInput,
  type exchangeOutput,
  type RateLimit,
  type Scope,
  type ServiceName,
  type ShownKey,
  type VerifiedToken,
} from '@plinth/contracts';
import type { z } from 'zod';
import type { Credential } from './credential.ts';
import { createRecent } from './recent.ts';
import type { Epochs, Grant } from './revocation/epochs.ts';

// A caller's credential never goes past the gateway: identity exchanges it for a passport to one service and one scope.
// The pair of passport and limits is kept until shortly before the passport ends or something that it stands on is
// revoked, so most requests ask nobody.

export type ExchangeInput = z.input<typeof exchangeInput>;
export type ExchangeOutput = z.output<typeof exchangeOutput>;

export interface CallContext {
  correlationId: string;
  traceparent: string;
}

export type ExchangeCredential = (input: ExchangeInput, context: CallContext) => Promise<ExchangeOutput>;

export interface PassportPlace {
  /** As it was shown: what the cache knows a caller by. */
  credential: Credential | undefined;
  /** Whence an API key is shown: it may be limited to networks, so a passport for it is good for that address only. */
  clientAddress: string | undefined;
  scope: Scope;
  organization: 'required' | 'optional';
  service: ServiceName;
}

/** What identity is asked about: one of both, or neither for a caller of a route that needs no credential. */
export interface Identified {
  token?: VerifiedToken;
  key?: ShownKey;
  /** Whence a service account's token is shown: told with its last use, and no limit to it. */
  usedFrom?: string;
}

export interface PassportRequest extends PassportPlace, Identified {}

export interface Granted extends Grant {
  /** The caller's id. */
  principal: string | undefined;
  passport: string;
  limits: readonly RateLimit[];
}

export interface Passports {
  /** What was granted for this very credential before: it was verified then, and a passport ends before its token. */
  kept(place: PassportPlace): Granted | undefined;
  get(request: PassportRequest, context: CallContext): Granted | Promise<Granted>;
}

interface PassportsOptions {
  exchange: ExchangeCredential;
  epochs: Epochs;
  now?: () => number;
  maxEntries?: number;
}

interface Entry extends Granted {
  staleAt: number;
}

/** What was said of a bad key, until something is heard that might make it good. */
interface Refusal {
  error: AppError;
  heard: number;
  until: number;
}

/** An exchange under way: a request shares it unless something was revoked since it began. */
interface Flight {
  askedAt: number;
  granted: Promise<Granted>;
}

/** A passport must outlive the request that carries it through queues and downstream calls. */
const MARGIN_MS = 5_000;

/** A program that goes on with a key that is no good goes on for days, and each look at it costs identity what a good one costs. */
const REFUSED_MS = 10_000;
const MAX_REFUSALS = 1_000;

export function createPassports({
  exchange,
  epochs,
  now = Date.now,
  maxEntries = 10_000,
}: PassportsOptions): Passports {
  const entries = createRecent<Entry>(maxEntries);
  const refusals = createRecent<Refusal>(MAX_REFUSALS);
  const underWay = new Map<string, Flight>();

  async function ask(place: string, request: PassportRequest, context: CallContext): Promise<Granted> {
    const { token, key, usedFrom, scope, organization, service } = request;
    const clientAddress = request.clientAddress ?? usedFrom;
    const askedAt = epochs.heard;
    const input = {
      ...(token && { token }),
      ...(key && { key }),
      ...(clientAddress !== undefined && { clientAddress }),
      scope,
      organization,
      service,
    };
    const answer = await exchange(input, context).catch((error: unknown) => {
      if (key && error instanceof AppError && error.code === 'TOKEN_INVALID')
        refusals.set(place, { error, heard: askedAt, until: now() + REFUSED_MS });
      return unavailableUnlessRefused(error);
    });
    const { principal, passport, limits, subjects, sequence, expiresAt } = answer;
    const staleAt = expiresAt * 1_000 - MARGIN_MS;
    const entry = { principal, passport, limits, subjects, sequence, askedAt, checkedAt: -1, staleAt };
    entries.set(place, entry);
    return entry;
  }

  function find(key: string): Granted | undefined {
    const entry = entries.get(key);
    if (!entry) return undefined;
    if (entry.staleAt > now() && epochs.isCurrent(entry)) return entry;
    entries.delete(key);
    return undefined;
  }

  function refusalOf(key: string): AppError | undefined {
    const refusal = refusals.get(key);
    return refusal && refusal.until > now() && refusal.heard === epochs.heard ? refusal.error : undefined;
  }

  return {
    kept: (place) => find(keyOf(place)),
    get(request, context) {
      const key = keyOf(request);
      const entry = find(key);
      if (entry) return entry;
      const refused = refusalOf(key);
      if (refused) throw refused;
      const waiting = underWay.get(key);
      if (waiting?.askedAt === epochs.heard) return waiting.granted;
      const granted = ask(key, request, context).finally(() => {
        if (underWay.get(key) === flight) underWay.delete(key);
      });
      const flight = { askedAt: epochs.heard, granted };
      underWay.set(key, flight);
      return granted;
    },
  };
}

/** A refusal of the caller is the caller's to hear; a refusal of this gateway, or no answer at all, is not. */
function unavailableUnlessRefused(error: unknown): never {
  const isRefusal = error instanceof AppError && error.status < 500 && error.code !== 'UNAUTHENTICATED';
  throw isRefusal ? error : new AppError('AUTH_UNAVAILABLE', { cause: error });
}

function keyOf({ credential, clientAddress = '', scope, organization, service }: PassportPlace): string {
  const where = scope.workspaceId ?? scope.tenantId ?? scope.organizationId ?? '';
  const kind = scope.workspaceId ? 'w' : scope.tenantId ? 't' : scope.organizationId ? 'o' : '';
  return `${credential?.digest ?? ''} ${clientAddress} ${service} ${organization} ${kind} ${where}`;
}
