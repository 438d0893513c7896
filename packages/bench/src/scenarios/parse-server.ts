import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createOwner, withClient } from '@plinth/embedded';
import { testSuperuserUrl } from '@plinth/testing/database';
import { installParseServer, PARSE_SERVER } from '@plinth/testing/systems/parse-server';
import type { LoadRequest } from '../load/wrk.ts';
import type { MeasuredProcess, Stage, Subject } from '../scenario.ts';
import type { ToRows } from './data-api.ts';
import { type NodeServer, startNode } from './node-server.ts';

// Parse Server with the same rows in a database of its own on the same Postgres, as it is set up for production and with its log at
// errors. It is shown the id of the application, and whoever knows that may read: no person, no passport, no limit.

const APPLICATION = 'bench';
const CLASS = 'Bench';
const APPLICATION_HEADER = { 'x-parse-application-id': APPLICATION };

const ofType = (type: string) => ({ type });
const FIELDS = {
  title: ofType('String'),
  body: ofType('String'),
  price: ofType('Number'),
  quantity: ofType('Number'),
  is_open: ofType('Boolean'),
  tags: ofType('Array'),
  data: ofType('Object'),
};
const PERMISSIONS = { find: { '*': true }, get: { '*': true } };

/** Its own two times are in the place of ours. */
const fill = (rows: number): string => `
  insert into "${CLASS}" ("objectId", title, body, price, quantity, is_open, tags, data, "createdAt", "updatedAt")
  select n::text, 'Title ' || n, repeat('body ', 10), n / 100.0, n % 100, n % 2 = 0,
    jsonb_build_array('tag' || n % 10, 'other'), jsonb_build_object('n', n, 'kind', n % 7),
    now() - n * interval '1 second', now()
  from generate_series(1, ${rows}) n`;

/** None unless the peers that take long are wanted, and it can be had. */
export async function parseServerSubjects(
  stage: Stage,
  postgres: MeasuredProcess,
  rows: number,
  requestOf: (to: ToRows) => LoadRequest,
): Promise<Subject[]> {
  if (!stage.peers) return [];
  const program = await stage.installed(PARSE_SERVER, () => installParseServer(stage));
  if (program === undefined) return [];
  const databaseUrl = await makeDatabase(stage);
  const masterKey = randomBytes(16).toString('hex');
  const server = await startParseServer(stage, { program, databaseUrl, masterKey });
  await makeClass(server, masterKey);
  await withClient(databaseUrl, async (client) => {
    await client.query(fill(rows));
    await client.query(`vacuum analyze "${CLASS}"`);
  });
  const request = requestOf({ url: `${server.url}/parse/classes/${CLASS}`, headers: APPLICATION_HEADER });
  return [
    {
      name: 'Parse Server',
      processes: [{ name: 'parse', pid: server.pid }, postgres],
      request: () => request,
    },
  ];
}

/** It goes with the scenario, also on a Postgres that outlives the bench. */
async function makeDatabase(stage: Stage): Promise<string> {
  const superuserUrl = testSuperuserUrl();
  const name = `plinth_bench_parse_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(18).toString('base64url');
  const url = await createOwner({ superuserUrl, name, password, database: name });
  stage.keep({
    stop: () =>
      withClient(superuserUrl, async (client) => {
        await client.query(`drop database ${name} with (force)`);
        await client.query(`drop role ${name}`);
      }),
  });
  return url;
}

function startParseServer(
  stage: Stage,
  { program, databaseUrl, masterKey }: { program: string; databaseUrl: string; masterKey: string },
): Promise<NodeServer> {
  return startNode(stage, {
    name: 'parse-server',
    entry: program,
    settings: (port) => ({
      NODE_ENV: 'production',
      PORT: `${port}`,
      PARSE_SERVER_HOST: '127.0.0.1',
      PARSE_SERVER_URL: `http://127.0.0.1:${port}/parse`,
      PARSE_SERVER_APPLICATION_ID: APPLICATION,
      PARSE_SERVER_MASTER_KEY: masterKey,
      PARSE_SERVER_DATABASE_URI: databaseUrl,
      PARSE_SERVER_LOG_LEVEL: 'error',
      PARSE_SERVER_LOGS_FOLDER: join(stage.folder, 'parse-server-logs'),
      PARSE_SERVER_ALLOW_CLIENT_CLASS_CREATION: 'false',
    }),
    path: '/parse/health',
  });
}

async function makeClass({ url }: NodeServer, masterKey: string): Promise<void> {
  const response = await fetch(`${url}/parse/schemas/${CLASS}`, {
    method: 'POST',
    headers: {
      ...APPLICATION_HEADER,
      'x-parse-master-key': masterKey,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ className: CLASS, fields: FIELDS, classLevelPermissions: PERMISSIONS }),
  });
  if (!response.ok)
    throw new Error(`Parse Server makes no class: ${response.status} ${await response.text()}`);
}
