import Fastify from 'fastify';
import { WORKSPACE, workspace, workspaceById } from './workspace.ts';

// `node checked-route.ts <port>`: the bare route, with its input and its answer checked by hand.

const app = Fastify();
app.get('/v1/workspaces/:workspaceId', async (request) => {
  workspaceById.parse(request.params);
  return workspace.parse(WORKSPACE);
});
process.once('SIGTERM', () => void app.close());
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
