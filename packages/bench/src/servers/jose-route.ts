import Fastify from 'fastify';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { WORKSPACE } from './workspace.ts';

// `node jose-route.ts <port> <issuer> <address of its keys>`: the bare route, for callers whose token jose has verified.

const [port, issuer = '', jwksUrl = ''] = process.argv.slice(2);
const keys = createRemoteJWKSet(new URL(jwksUrl));

const app = Fastify();
app.get('/v1/workspaces/:workspaceId', async ({ headers }) => {
  const token = headers.authorization?.slice('Bearer '.length) ?? '';
  await jwtVerify(token, keys, { issuer, audience: 'plinth-api' });
  return WORKSPACE;
});
process.once('SIGTERM', () => void app.close());
await app.listen({ host: '127.0.0.1', port: Number(port) });
