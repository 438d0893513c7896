import { randomUUID } from 'node:crypto';
import { HEADERS } from '@plinth/contracts';
import type { LoadRequest } from '../load/wrk.ts';
import type { Ratio, Scenario, Stage, Subject } from '../scenario.ts';
import { makeTable } from './bench-table.ts';
import { anyRow, type Door, doorsTo, openDataApi } from './data-api.ts';

// A workspace that asks for a little, alone and while one of another tenant reads, or writes, all that it can at the same door.

const ROWS = 10_000;
const FEW = 2;
const MANY = 64;

const oneRowAt = async ({ toRows }: Door, connections: number): Promise<LoadRequest> => ({
  ...anyRow(await toRows(), '?id=eq.', ROWS),
  connections,
});

const ROW = JSON.stringify({ title: 'Title', created_at: '2026-01-01T00:00:00Z' });

async function insertAt({ toRows }: Door): Promise<LoadRequest> {
  const { url, headers } = await toRows();
  return {
    method: 'POST',
    url,
    headers: { ...headers, 'content-type': 'application/json' },
    body: ROW,
    numbered: { header: HEADERS.idempotencyKey, prefix: `${randomUUID()}-` },
    connections: MANY,
  };
}

async function open(stage: Stage): Promise<Subject[]> {
  const api = await openDataApi(stage, ROWS);
  const other = await api.addWorkspace('neighbour');
  await makeTable(api, other, ROWS);
  const readers = doorsTo(api, other);
  const writers = doorsTo(api, other, api.signInOwner);
  return api.doors.flatMap((door, which): Subject[] => {
    const { name, processes } = door;
    const [reader, writer] = [readers[which], writers[which]];
    if (!reader || !writer) return [];
    const alone = () => oneRowAt(door, FEW);
    const beside = (named: string, loud: () => Promise<LoadRequest>): Subject => ({
      name: `${name}, beside ${named}`,
      // What the processes do then is done for the other.
      processes: [],
      request: async () => ({ ...(await alone()), beside: await loud() }),
    });
    return [
      { name, processes, request: alone },
      beside('reads', () => oneRowAt(reader, MANY)),
      beside('writes', () => insertAt(writer)),
    ];
  });
}

const besideToAlone = (door: string): Ratio[] =>
  ['reads', 'writes'].flatMap((others): Ratio[] => [
    { of: `${door}, beside ${others}`, to: door, figure: 'p99', goal: 2 },
    { of: `${door}, beside ${others}`, to: door, figure: 'throughput' },
  ]);

export const neighbour: Scenario = {
  name: 'neighbour',
  summary: `one row on ${FEW} connections, alone and beside a workspace that reads or writes on ${MANY}`,
  ratios: [...besideToAlone('service'), ...besideToAlone('through the gateway')],
  open,
};
