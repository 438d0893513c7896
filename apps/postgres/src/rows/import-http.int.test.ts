import { type ClientRequest, request } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADERS } from '@plinth/contracts';
import { elapsed, isFullSize } from '@plinth/testing';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openPostgres } from '../testing/harness.ts';

// Imports on connections of their own: whoever leaves, falls silent or is refused amid one.

const MANY = isFullSize ? 1_000_000 : 30_000;

const postgres = await openPostgres();
const member = postgres.newMember();
const base = `${await postgres.listen()}/v1/postgres/${member.workspaceId}`;
const passport = await postgres.keys.passport(member, 'postgres');
const schema = await postgres.makeWorkspace(member);

interface Answer {
  status: number | undefined;
  headers: Record<string, unknown>;
  code: string | undefined;
}

interface Sending {
  request: ClientRequest;
  answer: Promise<Answer>;
  write(text: string): Promise<void>;
}

function send(): Sending {
  const sent = request(`${base}/rows/task`, {
    method: 'POST',
    headers: { [HEADERS.passport]: passport, 'content-type': 'application/x-ndjson' },
  });
  const answer = once(sent, 'response').then(async ([response]): Promise<Answer> => {
    const body = await text(response);
    const { statusCode: status, headers } = response;
    return { status, headers, code: body === '' ? undefined : JSON.parse(body).error.code };
  });
  answer.catch(() => undefined);
  sent.on('error', () => undefined);
  onTestFinished(() => void sent.destroy());
  return {
    request: sent,
    answer,
    // Told of a connection that was closed as well, where `drain` would not be.
    write: (piece) => new Promise((resolve) => sent.write(piece, () => resolve())),
  };
}

const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `{"id":${from + i},"note":"${'x'.repeat(150)}"}\n`).join('');

const count = async (): Promise<number> =>
  Number((await postgres.sql(`select count(*) from ${schema}.task`))[0].count);

const transactions = async (): Promise<number> =>
  Number(
    (
      await postgres.sql(
        `select count(*) from pg_stat_activity where usename = '${schema}_api' and xact_start is not null`,
      )
    )[0].count,
  );

/** An import of which some rows are in, and no more have come. */
async function begin(): Promise<Sending> {
  const sending = send();
  await sending.write(lines(0, 3_000));
  await expect.poll(transactions).toBe(1);
  return sending;
}

beforeAll(() =>
  postgres.sql(`
    set role ${schema}_owner;
    create table ${schema}.task (id bigint primary key, note text);
    alter table ${schema}.task enable row level security;
    create policy members on ${schema}.task to ${schema}_member using (true) with check (true);`),
);
beforeEach(() => postgres.sql(`truncate ${schema}.task`));

test('however many there are, few are held', async () => {
  const before = process.memoryUsage.rss();
  let most = 0;
  const sending = send();
  for (let at = 0; at < MANY; at += 500) {
    await sending.write(lines(at, 500));
    most = Math.max(most, process.memoryUsage.rss() - before);
  }
  sending.request.end();
  const { status, headers } = await sending.answer;
  expect([status, headers['x-rows-inserted']]).toEqual([201, `${MANY}`]);
  // Of the caller and the service, which are one process here.
  expect(most).toBeLessThan(160 * 2 ** 20);
});

describe('nothing is kept', () => {
  test('where the caller leaves', async () => {
    const { request } = await begin();
    request.destroy();
    await expect.poll(transactions).toBe(0);
    expect(await count()).toBe(0);
  });

  test('where Postgres ends the connection, and that is told within five seconds', async () => {
    const { answer, write } = await begin();
    await postgres.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${schema}_api'`,
    );
    const tookMs = await elapsed(async () => {
      await write(lines(3_000, 8_000));
      expect(await answer).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE' });
    });
    expect(tookMs).toBeLessThan(5_000);
    expect(await count()).toBe(0);
  });

  test('where a line is refused, which is told though more was to come', async () => {
    const { answer, write, request } = await begin();
    await write('{"id":\n');
    expect(await answer).toMatchObject({ status: 400, code: 'MALFORMED_JSON' });
    // The rest is read and dropped, so that it can be sent.
    request.end(lines(3_000, 2_000));
    await once(request, 'finish');
    expect(await count()).toBe(0);
  });
});

test('a workspace has one import at a time, and its other requests meanwhile', async () => {
  const first = await begin();
  const second = send();
  second.request.end(lines(10_000, 3_000));
  expect(await second.answer).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  const few = send();
  few.request.end(lines(20_000, 3));
  expect(await few.answer).toMatchObject({ status: 201 });
  first.request.end();
  expect(await first.answer).toMatchObject({ status: 201 });
  expect(await count()).toBe(3_003);
});

test('a caller may be slow', async () => {
  const { answer, write, request } = await begin();
  // At full size longer than a connection may idle in a transaction otherwise, and than a whole body has.
  for (let id = 3_000; id < 3_003; id++) {
    await sleep(isFullSize ? 11_500 : 50);
    await write(lines(id, 1));
  }
  request.end();
  expect(await answer).toMatchObject({ status: 201 });
  expect(await count()).toBe(3_003);
});
