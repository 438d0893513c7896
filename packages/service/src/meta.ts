import type {
  Caller,
  Deprecation,
  ErrorCode,
  Permission,
  PlanCapability,
  RestDialect,
  ServiceName,
} from '@plinth/contracts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One REST route of a procedure. Path parameters are named as the dialect writes them. */
export interface RestRoute {
  method: Method;
  path: `/${string}`;
  dialect: RestDialect;
  /** Of a second route in one dialect: what tells it from the first in the document. */
  variant?: string;
  /** 200 unless said. */
  status?: 200 | 201 | 202 | 204;
  /** The new resource's path, filled from the answer: `/v1/tenants/{id}`. */
  location?: `/${string}`;
  /** Takes a form body as well as JSON, as OAuth clients send. */
  form?: true;
  /** The answer holds a secret: no cache may keep it. */
  noStore?: true;
  /** The service reads the request and writes the answer by itself, as bytes; the document says this of it. */
  native?: NativeRoute;
}

type Content = Readonly<Record<string, { schema: object; example?: unknown }>>;

/** What the document says of a route whose query, body and answer are no fields of a schema. */
export interface NativeRoute {
  parameters: readonly object[];
  requestBody?: { description: string; required: boolean; content: Content };
  /** Media types whose bodies are of any length: the handler reads them as they come. */
  streamed?: readonly string[];
  answer: { description: string; headers?: Readonly<Record<string, object>>; content?: Content };
  /** When it succeeds with another status. */
  others?: Readonly<Partial<Record<201 | 204 | 206 | 304, string>>>;
}

/** `anonymous`: no credential at all. `signedIn`: any caller, whatever its rights. */
export type RequiredPermission = Permission | 'anonymous' | 'signedIn';

/** What decides who may call it. */
export interface AccessRules {
  permission: RequiredPermission;
  /** What the tenant's plan must include. */
  capability?: PlanCapability;
  /** Administration that goes on while the tenant is suspended. */
  allowSuspended?: true;
  /** Only these kinds of caller; every kind unless said. */
  callerKinds?: readonly Caller['kind'][];
  /**
   * `filtered`: it shows and changes nothing beyond the caller's reach by itself. Any other procedure has to name a tenant or
   * workspace in its input, or is refused to a credential that is limited to some.
   */
  reach?: 'filtered';
}

export interface ProcedureMeta extends AccessRules {
  summary: string;
  description?: string;
  rest?: readonly RestRoute[];
  /** The errors of this procedure's own rules, beside those that every route can give. */
  errors?: readonly ErrorCode[];
  /** Its routes are to go; `successor` is the path to use instead. */
  deprecated?: Deprecation & { successor: `/${string}` };
  /** The services that may call it; such a procedure belongs to an internal router. */
  callers?: readonly ServiceName[];
}
