// The package has no types of its own: this is the part of it that the issuer uses.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  interface Client {
    clientId: string;
    redirectUris: readonly string[];
    grantTypeAllowed(grantType: string): boolean;
  }

  interface Account {
    accountId: string;
    claims(use: string): Record<string, unknown>;
  }

  interface Grant {
    accountId: string;
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  interface Token {
    kind: string;
    clientId: string;
    grantId?: string;
    accountId?: string;
    sessionUid?: string;
    scope?: string;
    iat: number;
    exp: number;
    /** Seconds, for a token that is not saved yet as well. */
    remainingTTL: number;
    isValid: boolean;
    expiration: number;
    resourceServer?: ResourceServer;
    save(): Promise<string>;
  }

  interface ResourceServer {
    audience: string;
  }

  interface ResourceServerInfo {
    scope: string;
    audience: string;
    accessTokenFormat: 'jwt';
    accessTokenTTL: number;
    jwt: { sign: { alg: 'RS256' } };
  }

  interface IdToken {
    scope: string;
    issue(options: { use: 'idtoken' }): Promise<string>;
  }

  interface Interaction {
    uid: string;
    prompt: { name: string };
    params: Record<string, string | undefined>;
  }

  interface Session {
    accountId?: string;
    grantIdFor(clientId: string): string | undefined;
  }

  interface Context {
    path: string;
    method: string;
    status: number;
    type: string;
    body: unknown;
    set(header: string, value: string): void;
    oidc: {
      route: string;
      params: Record<string, string | undefined>;
      client: Client;
      account?: Account;
      session: Session;
      entities: { RefreshToken?: Token; AccessToken?: Token };
      entity(name: string, value: unknown): void;
    };
  }

  type Model<Instance> = new (values: object) => Instance;
  type FindableModel<Instance> = Model<Instance> & { find(id: string): Promise<Instance | undefined> };

  export class Provider {
    constructor(issuer: string, configuration: object);
    proxy: boolean;
    Grant: FindableModel<Grant>;
    AccessToken: FindableModel<Token>;
    RefreshToken: FindableModel<Token>;
    ResourceServer: new (
      id: string,
      info: ResourceServerInfo,
    ) => ResourceServer;
    IdToken: new (
      claims: object,
      options: { ctx: Context },
    ) => IdToken;
    callback(): (req: IncomingMessage, res: ServerResponse) => Promise<void>;
    use(middleware: (ctx: Context, next: () => Promise<void>) => Promise<void>): this;
    on(event: 'server_error', listener: (ctx: Context, error: Error) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    registerGrantType(
      name: string,
      handler: (ctx: Context) => Promise<void>,
      parameters: readonly string[],
      duplicates: readonly string[],
    ): void;
    interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<Interaction>;
    interactionFinished(req: IncomingMessage, res: ServerResponse, result: object): Promise<void>;
  }

  export const errors: {
    InvalidRequest: new (description: string) => Error;
    InvalidTarget: new () => Error;
    InvalidGrant: new (detail: string) => Error;
    SessionNotFound: new (description: string) => Error;
  };
}
