import { join } from 'node:path';
import { type EnvoyProgram, installEnvoy, startEnvoy } from '@plinth/testing/systems/envoy';
import { installNginx, startNginx } from '@plinth/testing/systems/nginx';
import { redis } from '@plinth/testing/systems/redis';
import type { LoadRequest } from '../load/wrk.ts';
import type { Scenario, Stage, Subject } from '../scenario.ts';
import { WORKSPACE_PATH } from '../servers/workspace.ts';
import { envoyConfig } from './envoy-config.ts';
import { bareFastify, startRoute } from './fastify-routes.ts';
import { startGateway } from './gateway.ts';
import { nginxConfig } from './nginx-config.ts';
import type { NodeServer } from './node-server.ts';
import { makeKeys, PLATFORM_HEADERS } from './passports.ts';
import { type StandInIdentity, startStandInIdentity } from './stand-in-identity.ts';

// The same route behind each: what stands before it is all that differs. The route runs beside the load generator.

interface Site {
  stage: Stage;
  identity: StandInIdentity;
  keysFolder: string;
  upstream: NodeServer;
}

export const proxy: Scenario = {
  name: 'proxy',
  summary: 'GET one workspace of a bare Fastify route through the gateway, Envoy and nginx',
  ratios: [
    { of: 'gateway', to: 'Envoy', figure: 'cpu', goal: 1.3 },
    { of: 'gateway', to: 'Envoy, no log', figure: 'cpu' },
    { of: 'gateway', to: 'Envoy', figure: 'throughput' },
    { of: 'gateway', to: 'nginx', figure: 'cpu' },
    { of: 'gateway, Redis', to: 'gateway', figure: 'cpu' },
  ],
  async open(stage) {
    const keysFolder = join(stage.folder, 'keys');
    const keys = await makeKeys(keysFolder);
    const identity = await startStandInIdentity(stage, keys.keysFileOf('identity'));
    const upstream = await startRoute(stage, 'upstream', 'bare-route.ts');
    await stage.aside(upstream.pid);
    const site = { stage, identity, keysFolder, upstream };
    return [
      await bareFastify(stage),
      ...(await nginxSubjects(site)),
      ...(await envoySubjects(site)),
      ...(await gatewaySubjects(site)),
    ];
  },
};

interface Front {
  url: string;
  pid: number;
}

function subject({ identity }: Site, name: string, process: string, { url, pid }: Front): Subject {
  const headers = { ...PLATFORM_HEADERS, authorization: `Bearer ${identity.token}` };
  const request: LoadRequest = { url: `${url}${WORKSPACE_PATH}`, headers };
  return { name, processes: [{ name: process, pid }], request: () => request };
}

async function nginxSubjects(site: Site): Promise<Subject[]> {
  const { stage, upstream } = site;
  const origin = await stage.installed('nginx', () => installNginx(stage));
  if (origin === undefined) return [];
  const server = stage.keep(await startNginx(nginxConfig(upstream.url), stage));
  return [subject(site, 'nginx', 'nginx', server)];
}

async function envoySubjects(site: Site): Promise<Subject[]> {
  const { stage } = site;
  const program = await stage.installed('Envoy', () => installEnvoy(stage));
  if (program === undefined) return [];
  const start = async (name: string, accessLog: boolean) =>
    subject(site, name, 'envoy', await startOneEnvoy(site, program, accessLog));
  return [await start('Envoy', true), await start('Envoy, no log', false)];
}

async function startOneEnvoy({ stage, identity, upstream }: Site, program: EnvoyProgram, accessLog: boolean) {
  const configure = envoyConfig({
    upstreamPort: Number(new URL(upstream.url).port),
    issuer: identity.issuer,
    audience: 'plinth-api',
    jwks: identity.jwks,
    accessLog,
  });
  return stage.keep(await startEnvoy(program, configure, stage));
}

async function gatewaySubjects(site: Site): Promise<Subject[]> {
  const { stage, upstream } = site;
  const start = (name: string, redisUrl?: string) =>
    startGateway(stage, { ...site, name, upstream: upstream.url, ...(redisUrl && { redisUrl }) });
  const local = subject(site, 'gateway', 'gateway', await start('gateway'));
  const shared = await stage.installed('Redis', () => redis.start(stage));
  if (shared === undefined) return [local];
  stage.keep(shared);
  await stage.aside(shared.pid);
  const front = await start('gateway-redis', shared.env.PLINTH_TEST_REDIS_URL);
  const withRedis = subject(site, 'gateway, Redis', 'gateway', front);
  return [local, { ...withRedis, processes: [...withRedis.processes, { name: 'redis', pid: shared.pid }] }];
}
