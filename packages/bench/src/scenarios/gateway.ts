import { join } from 'node:path';
import { urlSettings } from '@plinth/contracts';
import { serviceKeyFiles } from '@plinth/passport';
import type { Stage } from '../scenario.ts';
import { type NodeServer, startNode } from './node-server.ts';
import type { StandInIdentity } from './stand-in-identity.ts';

const ENTRY = join(import.meta.dirname, '../../../../gateway/src/main.ts');

export interface GatewayOptions {
  name: string;
  identity: StandInIdentity;
  keysFolder: string;
  upstream: string;
  redisUrl?: string;
}

/** The gateway as it is deployed, its request log on; only identity is a stand-in. */
export function startGateway(stage: Stage, options: GatewayOptions): Promise<NodeServer> {
  const { name, identity, keysFolder, upstream, redisUrl } = options;
  return startNode(stage, {
    name,
    entry: ENTRY,
    settings: (port) => ({
      PORT: `${port}`,
      SERVICE_KEYS_FILE: serviceKeyFiles(keysFolder).keysFileOf('gateway'),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      ...urlSettings((service) => (service === 'identity' ? identity.url : upstream)),
      ISSUER_URL: identity.issuer,
      JWKS_URL: identity.jwksUrl,
      ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
    }),
    path: '/v1/platform/info',
  });
}
