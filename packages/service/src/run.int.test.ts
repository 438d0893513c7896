import { EventEmitter } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { HEADERS } from '@plinth/contracts';
import { Agent, request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { createHealth } from './health.ts';
import { runProcess } from './run.ts';
import { type Fixture, startFixture } from './testing/fixture-service.ts';

// A process is two events and an exit code; the rest is real: the ports, the connections, the requests under way.

class FakeProcess extends EventEmitter {
  readonly exited = Promise.withResolvers<number>();
  connected?: boolean;
  exit(code: number): void {
    this.exited.resolve(code);
  }
}

const fixtures: Fixture[] = [];
const agent = new Agent({ keepAliveTimeout: 60_000 });
afterEach(async () => {
  await Promise.all(fixtures.splice(0).map((fixture) => fixture.close()));
});

const settings = { HOST: '127.0.0.1', PORT: 0, INTERNAL_PORT: 0, SHUTDOWN_DELAY_MS: 0 };

async function start(events = new FakeProcess(), close = async (): Promise<void> => undefined, delayMs = 0) {
  const fixture = await startFixture();
  fixtures.push(fixture);
  const { app, metrics } = fixture;
  const health = createHealth({ service: 'fixture', checks: [], metrics });
  // The fixture listens already; running it is what is tried here.
  const { announceStop } = app;
  const listener = { listen: async () => undefined, announceStop, close: () => app.close() };
  const own = { ...settings, SHUTDOWN_DELAY_MS: delayMs };
  await runProcess(events, { settings: own, log: app.log, health, app: listener, close });
  // By now it has stopped already, where nobody supervises it.
  const address = health.server.address() as AddressInfo | null;
  return { events, fixture, ready: () => fetch(`http://127.0.0.1:${address?.port}/health/ready`) };
}

test('a request under way is answered on its kept connection, and then the process ends well', async () => {
  const order: string[] = [];
  const { events, fixture, ready } = await start(new FakeProcess(), async () => void order.push('closed'));
  const [entered, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  fixture.services.act = () => {
    entered.resolve();
    return gate.promise;
  };
  expect((await ready()).status).toBe(200);

  const headers = { [HEADERS.passport]: await fixture.passport() };
  const underWay = request(`${fixture.url}/v1/things/wks_1`, { headers, dispatcher: agent });
  await entered.promise;
  events.emit('SIGTERM');
  events.emit('SIGINT');
  const state = await ready();
  expect(state.status).toBe(503);
  expect(await state.json()).toMatchObject({ status: 'stopping' });
  await expect(fetch(`${fixture.url}/v1/things`)).rejects.toThrow();
  expect(order).toEqual([]);

  gate.resolve();
  const answer = await underWay;
  expect(answer.statusCode).toBe(200);
  expect(answer.headers.connection).toBe('close');
  expect(await answer.body.json()).toMatchObject({ displayName: 'A thing' });
  expect(await events.exited.promise).toBe(0);
  expect(order).toEqual(['closed']);
  await expect(ready()).rejects.toThrow();
});

test('an idle connection that is kept alive holds nothing up', async () => {
  const { events, fixture } = await start();
  const headers = { [HEADERS.passport]: await fixture.passport() };
  const answer = await request(`${fixture.url}/v1/things/wks_1`, { headers, dispatcher: agent });
  await answer.body.dump();
  events.emit('SIGINT');
  expect(await events.exited.promise).toBe(0);
});

test('a process that is asked to stop serves on for as long as it says, and then ends well', async () => {
  const { events, fixture, ready } = await start(new FakeProcess(), undefined, 2_000);
  const headers = { [HEADERS.passport]: await fixture.passport() };
  const ask = () => request(`${fixture.url}/v1/things/wks_1`, { headers, dispatcher: agent });
  const before = await ask();
  expect(before.headers).not.toHaveProperty(HEADERS.stopping);
  await before.body.dump();

  const asked = performance.now();
  events.emit('SIGTERM');
  expect(await (await ready()).json()).toMatchObject({ status: 'stopping' });
  const answer = await ask();
  expect(answer.statusCode).toBe(200);
  expect(answer.headers.connection).toBe('close');
  const left = Number(answer.headers[HEADERS.stopping]);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(2_000);
  await answer.body.dump();
  expect(await events.exited.promise).toBe(0);
  expect(performance.now() - asked).toBeGreaterThanOrEqual(1_999);
});

test('an interruption does not wait for others to look elsewhere', async () => {
  const { events } = await start(new FakeProcess(), undefined, 60_000);
  events.emit('SIGTERM');
  events.emit('SIGINT');
  expect(await events.exited.promise).toBe(0);
});

test('a child whose supervisor is gone ends itself', async () => {
  const { events } = await start();
  events.emit('disconnect');
  expect(await events.exited.promise).toBe(0);
});

test('a child whose supervisor went before it listened ends itself too', async () => {
  const events = new FakeProcess();
  events.connected = false;
  await start(events);
  expect(await events.exited.promise).toBe(0);
});

test('what cannot be let go of is logged, and the exit code says so', async () => {
  const { events, fixture } = await start(new FakeProcess(), async () => {
    throw new Error('the pool would not end');
  });
  events.emit('SIGTERM');
  expect(await events.exited.promise).toBe(1);
  expect(fixture.lines).toContainEqual(expect.objectContaining({ msg: 'could not stop cleanly', level: 50 }));
});

test('a port that is taken is an error at once', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const fixture = await startFixture();
  fixtures.push(fixture);
  const health = createHealth({ service: 'fixture', checks: [], metrics: fixture.metrics });
  const running = runProcess(new FakeProcess(), {
    settings: { ...settings, INTERNAL_PORT: port },
    log: fixture.app.log,
    health,
    app: { listen: async () => undefined, announceStop: () => undefined, close: async () => undefined },
    close: async () => undefined,
  });
  await expect(running).rejects.toThrow('EADDRINUSE');
  taken.close();
});
