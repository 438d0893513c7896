import { audienceOf, type Caller, HEADERS, SERVICES, type ServiceName } from '@plinth/contracts';
import { createPassportMinter, createSigner, serviceKeyFiles, writeServiceKeys } from '@plinth/passport';
import type { LoadRequest } from '../load/wrk.ts';

// What the gateway would send to tenancy, signed with identity's key: so that a service can be measured without the gateway.

export const makeKeys = (directory: string) => writeServiceKeys({ directory, services: SERVICES });

/** Asks for a passport each round: one lives a minute. */
export function passportHolder(
  keysFolder: string,
  caller: Caller,
  url: string,
  service: ServiceName = 'tenancy',
): () => Promise<LoadRequest> {
  const keysFile = serviceKeyFiles(keysFolder).keysFileOf('identity');
  const minter = createPassportMinter(createSigner({ service: 'identity', keysFile }));
  return async () => {
    const { passport } = await minter.mint(caller, audienceOf(service));
    return { url, headers: { ...PLATFORM_HEADERS, [HEADERS.passport]: passport } };
  };
}

export const PLATFORM_HEADERS = {
  [HEADERS.apiVersion]: '2024-01-01',
  [HEADERS.correlationId]: 'bench-correlation-1',
} as const;
