import type { LoadRequest } from '../load/wrk.ts';
import type { Ratio, Scenario, Stage, Subject } from '../scenario.ts';
import { makeTable } from './bench-table.ts';
import { anyRow, type Door, doorsTo, openDataApi } from './data-api.ts';

// A workspace that asks for a little, alone and while one of another tenant asks for all that it can get at the same door.

const ROWS = 10_000;
const FEW = 2;
const MANY = 64;

const oneRowAt = async ({ toRows }: Door, connections: number): Promise<LoadRequest> => ({
  ...anyRow(await toRows(), '?id=eq.', ROWS),
  connections,
});

async function open(stage: Stage): Promise<Subject[]> {
  const api = await openDataApi(stage, ROWS);
  const other = await api.addWorkspace('neighbour');
  await makeTable(api, other, ROWS);
  const neighbours = doorsTo(api, other);
  return api.doors.flatMap((door, which): Subject[] => {
    const { name, processes } = door;
    const loud = neighbours[which];
    if (!loud) return [];
    const alone = () => oneRowAt(door, FEW);
    const beside = async () => ({ ...(await alone()), beside: await oneRowAt(loud, MANY) });
    return [
      { name, processes, request: alone },
      // What the processes do then is done for the other.
      { name: `${name}, beside`, processes: [], request: beside },
    ];
  });
}

const besideToAlone = (door: string): Ratio[] => [
  { of: `${door}, beside`, to: door, figure: 'p99', goal: 2 },
  { of: `${door}, beside`, to: door, figure: 'throughput' },
];

export const neighbour: Scenario = {
  name: 'neighbour',
  summary: `one row on ${FEW} connections, alone and beside a workspace that asks on ${MANY}`,
  ratios: [...besideToAlone('service'), ...besideToAlone('through the gateway')],
  open,
};
