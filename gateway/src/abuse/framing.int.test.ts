import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { HEADERS } from '@plinth/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { callerHeaders } from '../test-gateway.ts';
import { FRAMING_CASES, type FramingCase } from './framing-cases.ts';
import { converse, type Seen, type Series, startSeries, type Told } from './series.ts';

// What two readers could read in two ways, sent to a gateway with a real service behind it and to the service itself:
// refused, or read by both alike. The neighbours of every such request, on the connections that it may have left behind,
// get their own answers.

const pathsOf = (seen: readonly Seen[]) => seen.map(({ url }) => url?.replace('/v1/notes/', ''));
const statusesOf = (told: readonly Told[]) => told.map(({ status }) => status);

describe.each(['json', 'stream'] as const)('over the %s carrier', (carrier) => {
  let series: Series;
  let id = '';
  let cases = 0;
  const neighbours = new Agent({ keepAlive: true, maxSockets: 2 });

  beforeAll(async () => {
    series = await startSeries(carrier, { limits: { headersMs: 1_000, bodyIdleMs: 1_000 } });
  });
  afterAll(async () => {
    neighbours.destroy();
    await series.close();
  });
  beforeEach(() => {
    series.seen.length = 0;
    id = `framing-case-${++cases}`;
  });

  const callNeighbour = (marker: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { ...callerHeaders(), [HEADERS.correlationId]: 'neighbour' };
      request(`${series.gateway.url}/v1/notes/${marker}`, { agent: neighbours, headers }, (answer) =>
        text(answer).then((body) => resolve(JSON.parse(body).marker), reject),
      )
        .on('error', reject)
        .end();
    });

  /** What the gateway says that it sent, and what it gave up while it did, which may have reached the service or not. */
  function carried() {
    const lines = series.gateway
      .log()
      .filter(({ correlationId, upstream, exit }) => correlationId === id && upstream && !exit);
    const pathsWhere = (isCut: boolean) =>
      lines
        .filter(({ status }) => (status === 499) === isCut)
        .map(({ path }) => String(path).replace('/v1/notes/', ''));
    return { sent: pathsWhere(false), cut: pathsWhere(true) };
  }

  test.each(FRAMING_CASES)('$name', async ({ bytes, gateway, pipelines }: FramingCase) => {
    const who = `${series.credential()}\r\nX-API-Version: 2024-01-01\r\nX-Correlation-Id: ${id}\r\n`;
    const told = await converse(series.gateway.port, bytes({ who, port: series.gateway.port }));
    expect(statusesOf(told)).toEqual(gateway);
    for (const { status, headers, body } of told.filter(({ status, body }) => status >= 400 && body !== '')) {
      expect(JSON.parse(body).error.correlationId, `${status} ${body}`).toMatch(/.{8,}/);
      expect(headers.toLowerCase()).toContain('x-correlation-id: ');
    }
    const markers = ['a', 'b', 'c'];
    expect(await Promise.all(markers.map(callNeighbour))).toEqual(markers);

    const [ours, others] = [true, false].map((isOurs) =>
      series.seen.filter(({ headers }) => (headers[HEADERS.correlationId] === id) === isOurs),
    );
    expect(pathsOf(others ?? []).sort()).toEqual(markers);
    const reached = pathsOf(ours ?? []);
    const { sent, cut } = carried();
    expect(reached.filter((path) => !cut.includes(path ?? '')).sort()).toEqual(sent.sort());
    expect(reached.includes('smuggled')).toBe(pipelines ?? false);
  });
});

describe('at the service itself', () => {
  let series: Series;
  beforeAll(async () => {
    series = await startSeries();
  });
  afterAll(() => series.close());
  beforeEach(() => {
    series.seen.length = 0;
  });

  test.each(FRAMING_CASES)('$name', async ({ bytes, gateway, service, pipelines }: FramingCase) => {
    const who = `${await series.passport()}\r\n`;
    const told = await converse(series.servicePort, bytes({ who, port: series.servicePort }));
    expect(statusesOf(told)).toEqual(service ?? gateway);
    expect(pathsOf(series.seen).includes('smuggled')).toBe(pipelines ?? false);
  });
});
