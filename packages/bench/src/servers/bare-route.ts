import Fastify from 'fastify';
import { WORKSPACE } from './workspace.ts';

// `node bare-route.ts <port>`: what a route costs that checks nothing and tells nobody.

const app = Fastify();
app.get('/v1/workspaces/:workspaceId', async () => WORKSPACE);
process.once('SIGTERM', () => void app.close());
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
