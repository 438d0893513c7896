import { expect, test } from 'vitest';
import { parseResult, scriptOf } from './wrk.ts';

const output = (result: object) => `Running 5s test @ http://127.0.0.1:1/
  1 threads and 16 connections
Requests/sec:   9999.99
plinth-bench ${JSON.stringify(result)}
`;

const good = {
  requests: 40_000,
  microseconds: 5_000_000,
  p50: 1_500,
  p95: 6_000,
  p99: 9_250,
  refused: 0,
  broken: 0,
};

test('a run is read from its line', () => {
  expect(parseResult(output(good))).toEqual({
    requests: 40_000,
    requestsPerSecond: 8_000,
    p50Ms: 1.5,
    p95Ms: 6,
    p99Ms: 9.25,
  });
});

test('a run with wrong answers, broken connections, no answers or no result is none', () => {
  expect(() => parseResult(output({ ...good, refused: 3 }))).toThrow('3 of 40000 answers');
  expect(() => parseResult(output({ ...good, broken: 1 }))).toThrow('1 requests broke off');
  expect(() => parseResult(output({ ...good, requests: 0 }))).toThrow('no request was answered');
  expect(() => parseResult('unable to connect')).toThrow('unable to connect');
});

test('a request is a script, whatever its headers and body hold', () => {
  const script = scriptOf({
    method: 'POST',
    url: 'http://127.0.0.1:1/',
    headers: { 'x-text': 'a "quoted" \\ back' },
    body: '{"name":"é\n"}',
  });
  expect(script).toContain('wrk.method = "POST"\n');
  expect(script).toContain('wrk.headers["x-text"] = "a \\034quoted\\034 \\092 back"\n');
  expect(script).toContain('wrk.body = "{\\034name\\034:\\034\\195\\169\\010\\034}"\n');
  expect(scriptOf({ url: 'http://127.0.0.1:1/', headers: {} })).toContain('wrk.method = "GET"\n');
});

test('a header that is another in each request is read from a file', () => {
  const inTurn = { header: 'authorization', values: ['Bearer a', 'Bearer b'], shown: 7 };
  const script = scriptOf({ url: 'http://127.0.0.1:1/', headers: {}, inTurn }, '/tmp/values.txt');
  expect(script).toContain('io.lines("/tmp/values.txt")');
  expect(script).toContain('wrk.headers["authorization"] = value');
  expect(script).toContain('local turn = 7\n');
  expect(script).not.toContain('Bearer');
});

test('a header that no two requests have alike counts them', () => {
  const numbered = { header: 'idempotency-key', prefix: 'run-' };
  const script = scriptOf({ url: 'http://127.0.0.1:1/', headers: {}, numbered });
  expect(script).toContain('wrk.headers["idempotency-key"] = "run-" .. turn');
});
