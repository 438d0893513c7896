import { UPSTREAMS } from './upstreams.ts';

/** Every process that holds a service key, and whom it may call with a caller's passport. */
export const SERVICES = ['gateway', ...UPSTREAMS] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Declared downstream edges: a passport made for the left opens the right as well. */
const DOWNSTREAM: Partial<Record<ServiceName, readonly ServiceName[]>> = {
  identity: ['tenancy'],
};

export const audienceOf = (service: ServiceName): ServiceName[] => [service, ...(DOWNSTREAM[service] ?? [])];
