import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HEADERS, type ServiceName } from '@plinth/contracts';
import { withClient } from '@plinth/embedded';
import { testSuperuserUrl } from '@plinth/testing/database';
import { type Fleet, startFleet } from '@plinth/testing/fleet';
import { setup as startPostgres } from '@plinth/testing/global-setup';
import { z } from 'zod';
import type { MeasuredProcess, Stage } from '../scenario.ts';
import { profiling } from './node-server.ts';
import { PLATFORM_HEADERS } from './passports.ts';

// The platform with one process of each service on a Postgres, and someone who has a workspace in it.

export interface Workspace {
  tenantId: string;
  workspaceId: string;
}

export interface OneOfEach {
  fleet: Fleet;
  process(service: ServiceName): MeasuredProcess & { url: string };
  postgres: MeasuredProcess;
  workspace: Workspace;
  /** Another one, of another tenant. */
  addWorkspace(slug: string): Promise<Workspace>;
  /** Of a superuser, where the data of the workspace is. */
  dataUrl: string;
  /** Access tokens, of another member each time: a member may call a thousand times a second and no more. */
  membersInTurn(): () => Promise<string>;
  /** Of the one who may do everything there. */
  signInOwner(): Promise<string>;
}

export async function startOneOfEach(stage: Stage): Promise<OneOfEach> {
  stage.keep({ stop: await startPostgres() });
  const fleet = await startFleet({
    settings: { LOG_LEVEL: 'info' },
    replicas: { gateway: 1, identity: 1, tenancy: 1, postgres: 1 },
    settingsOf: ({ name }) => profiling(stage, name),
  });
  stage.keep({ stop: () => stopCleanly(fleet) });
  const { owner, viewer, shared } = fleet.users;
  const members = [owner, viewer, shared];

  async function signInAs({ email: username, password }: typeof owner): Promise<string> {
    const grant = { grant_type: 'password', username, password };
    return (await post(fleet, '/v1/auth/token', tokenAnswer, grant)).access_token;
  }
  const signInOwner = () => signInAs(owner);

  return {
    fleet,
    process(service) {
      const [only] = fleet.replicasOf(service);
      const pid = only?.pid();
      if (!only || pid === undefined) throw new Error(`${service} does not run`);
      return { name: service, url: only.url, pid };
    },
    postgres: { name: 'postgres', pid: await postmaster() },
    workspace: await makeWorkspace(fleet, await signInOwner(), 'bench'),
    addWorkspace: async (slug) => makeWorkspace(fleet, await signInOwner(), slug),
    dataUrl: fleet.clusterUrl,
    membersInTurn() {
      let turn = 0;
      return () => signInAs(members[turn++ % members.length] ?? owner);
    },
    signInOwner,
  };
}

/** With SIGTERM, so that profiles are written; the fleet itself only kills. */
async function stopCleanly(fleet: Fleet): Promise<void> {
  await Promise.all(fleet.processes.map((each) => each.pid() !== undefined && each.kill('SIGTERM')));
  await fleet.stop();
}

const tokenAnswer = z.object({ access_token: z.string() });
const created = z.object({ id: z.string() });

/** The plan with the highest limits, so that few members are enough. */
async function makeWorkspace(fleet: Fleet, token: string, slug: string): Promise<Workspace> {
  const adminEmail = fleet.users.owner.email;
  const tenant = { slug, displayName: slug, plan: 'enterprise', adminEmail };
  const { id: tenantId } = await post(fleet, '/v1/tenants', created, tenant, token);
  const workspace = { tenantId, slug, displayName: slug, capabilities: ['postgres'] };
  const { id: workspaceId } = await post(fleet, '/v1/workspaces', created, workspace, token);
  return { tenantId, workspaceId };
}

export async function post<Answer>(
  { url }: Fleet,
  path: string,
  schema: z.ZodType<Answer>,
  body: object,
  token?: string,
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      ...PLATFORM_HEADERS,
      'content-type': 'application/json',
      [HEADERS.idempotencyKey]: randomUUID(),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path} was answered with ${response.status}: ${text}`);
  return schema.parse(JSON.parse(text));
}

/** The parent of whoever answers a connection. */
function postmaster(): Promise<number> {
  return withClient(testSuperuserUrl(), async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const status = readFileSync(`/proc/${rows[0]?.pid}/status`, 'utf8');
    return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
  });
}
