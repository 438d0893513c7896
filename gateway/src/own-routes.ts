import type { IncomingHttpHeaders } from 'node:http';

// What the gateway answers by itself: its health, its documents. Such a route needs no credential and reads no body.

export interface OwnExchange {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly correlationId: string;
  /** What a RegExp path has matched. */
  readonly match: readonly string[];
  /** Ends the request; every answer gets the correlation id, the version and CORS headers besides. */
  send(status: number, headers: Readonly<Record<string, string>>, body?: string | Uint8Array): void;
}

export interface OwnRoute {
  method: 'GET';
  path: string | RegExp;
  handle(exchange: OwnExchange): Promise<void> | void;
}

export interface OwnMatch {
  route: OwnRoute;
  match: readonly string[];
}

export function findOwnRoute(routes: readonly OwnRoute[], path: string): OwnMatch | undefined {
  for (const route of routes) {
    if (typeof route.path === 'string') {
      if (route.path === path) return { route, match: [] };
      continue;
    }
    const match = route.path.exec(path);
    if (match) return { route, match: [...match] };
  }
  return undefined;
}
