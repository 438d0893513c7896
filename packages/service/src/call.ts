import {
  type ApiVersion,
  AppError,
  type Call,
  type Caller,
  type Patience,
  type RateState,
  type Replay,
  type RevocationSubject,
  type ServiceName,
} from '@plinth/contracts';
import type { FastifyBaseLogger } from 'fastify';

/** What the kit knows of a request before any procedure runs. A tRPC batch shares one between its calls. */
export interface RequestFacts {
  readonly caller: Caller | undefined;
  /** The service that makes an internal call. */
  readonly service: ServiceName | undefined;
  readonly correlationId: string;
  readonly apiVersion: ApiVersion;
  readonly traceparent: string | undefined;
  readonly clientAddress: string | undefined;
  readonly userAgent: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly log: FastifyBaseLogger;
  readonly rates?: readonly RateState[] | undefined;
  readonly patience?: Patience | undefined;
  replay: Replay | undefined;
  revoked?: readonly RevocationSubject[] | undefined;
}

/** Same content, same text: keys sorted, so that a client which serialises anew is not taken for another request. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** A caller without a passport has no business past the kit, so services never see one. */
const NOBODY: Caller = { kind: 'anonymous', id: '', permissions: [], capabilities: [], suspended: false };

export function startCall(facts: RequestFacts, operation: string, input: unknown, isAnywhere = false): Call {
  return new StartedCall(facts, operation, input, isAnywhere);
}

/** A class for its accessors: those of an object literal make a hidden class each time, which keeps the request alive. */
class StartedCall implements Call {
  readonly caller: Caller;
  readonly operation: string;
  readonly correlationId: string;
  readonly apiVersion: ApiVersion;
  readonly traceparent: string | undefined;
  readonly clientAddress: string | undefined;
  readonly userAgent: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly isAnywhere: boolean;
  readonly rates: readonly RateState[] | undefined;
  readonly patience: Patience | undefined;
  readonly #facts: RequestFacts;
  readonly #input: unknown;

  constructor(facts: RequestFacts, operation: string, input: unknown, isAnywhere: boolean) {
    this.caller = facts.caller ?? NOBODY;
    this.operation = operation;
    this.correlationId = facts.correlationId;
    this.apiVersion = facts.apiVersion;
    this.traceparent = facts.traceparent;
    this.clientAddress = facts.clientAddress;
    this.userAgent = facts.userAgent;
    this.idempotencyKey = facts.idempotencyKey;
    this.isAnywhere = isAnywhere;
    this.rates = facts.rates;
    this.patience = facts.patience;
    this.#facts = facts;
    this.#input = input;
  }

  content(): string {
    return `${this.operation}\n${this.apiVersion}\n${canonical(this.#input)}`;
  }

  get replay(): Replay | undefined {
    return this.#facts.replay;
  }

  set replay(replay: Replay | undefined) {
    this.#facts.replay = replay;
  }

  get revoked(): readonly RevocationSubject[] | undefined {
    return this.#facts.revoked;
  }

  set revoked(revoked: readonly RevocationSubject[] | undefined) {
    this.#facts.revoked = revoked;
  }
}

const SCOPES = [
  ['organizationId', 'ORGANIZATION_NOT_FOUND'],
  ['tenantId', 'TENANT_NOT_FOUND'],
  ['workspaceId', 'WORKSPACE_NOT_FOUND'],
] as const;

/** The ids in the input against those in the passport: another's id is as absent as one that never was. */
export function checkScope(caller: Caller, input: unknown): void {
  if (input === null || typeof input !== 'object') return;
  const given: Record<string, unknown> = { ...input };
  for (const [field, code] of SCOPES) {
    const asked = given[field];
    const held = caller[field];
    if (typeof asked === 'string' && held !== undefined && asked !== held) throw new AppError(code);
  }
}
