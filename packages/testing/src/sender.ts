import { type Caller, HEADERS, type ServiceName } from '@plinth/contracts';
import type { createService } from '@plinth/service';
import { type ServedDocument, undocumented } from './documented.ts';
import type { SuiteRequest } from './example-requests.ts';
import type { TestKeys } from './service-keys.ts';

type App = Awaited<ReturnType<typeof createService>>;

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever came; assertions say what it should be.
  body: any;
}

/** Calls a service as the gateway would, without a port. */
export function createSender(app: App, { keys, service }: { keys: TestKeys; service: ServiceName }) {
  let read: Promise<ServedDocument> | undefined;
  async function document(): Promise<ServedDocument> {
    read ??= app.inject('/openapi.json').then((response) => response.json());
    return read;
  }

  async function sendWithPassport(passport: string | undefined, request: SuiteRequest): Promise<Answer> {
    const headers = {
      [HEADERS.correlationId]: 'test-correlation',
      ...(passport && { [HEADERS.passport]: passport }),
    };
    const response = await app.inject({ ...request, headers: { ...headers, ...request.headers } });
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    const answer = {
      status: response.statusCode,
      headers: response.headers,
      body: isJson ? response.json() : response.body,
    };
    const missing = undocumented(await document(), request, answer);
    if (missing !== undefined)
      throw new Error(`${request.method} ${request.url} answers ${missing}, which its document does not say`);
    return answer;
  }

  return {
    sendWithPassport,
    async send(caller: Caller | undefined, request: SuiteRequest): Promise<Answer> {
      return sendWithPassport(caller && (await keys.passport(caller, service)), request);
    },
  };
}
