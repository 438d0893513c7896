import { join } from 'node:path';
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@plinth/testing/systems/command';
import { z } from 'zod';

// One run of wrk: the request as a script, its counts and percentiles back as one line of JSON.

export interface LoadRequest {
  method?: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  inTurn?: HeaderInTurn;
  body?: string;
  /** Each request is for another one of these rows: what stands before the number in its path, and the highest number. */
  anyOf?: { path: string; upTo: number };
  /** A header that no two requests have alike: what stands before the number in its value. */
  numbered?: { header: string; prefix: string };
  /** Kept open for this one, where it is not to fill the machine. */
  connections?: number;
  /** What others ask for meanwhile. It is not told, but has to be answered well too. */
  beside?: LoadRequest;
}

/** A header with the next of these values in each request, again and again. A run goes on where the last one ended. */
export interface HeaderInTurn {
  header: string;
  values: readonly string[];
  shown: number;
}

export interface LoadOptions {
  program: string;
  /** Put before the program: `taskset` and its arguments. */
  prefix: readonly string[];
  connections: number;
  seconds: number;
  folder: string;
  signal: AbortSignal;
}

const MARK = 'plinth-bench ';
const HEAD_START_SECONDS = 1;

const resultSchema = z.object({
  requests: z.number(),
  microseconds: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  refused: z.number(),
  broken: z.number(),
});

export interface LoadResult {
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

/** Lua's decimal escapes, for whatever is not plain. */
const quoted = (text: string): string =>
  `"${Buffer.from(text)
    .toString('latin1')
    .replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, (c) => `\\${String(c.charCodeAt(0)).padStart(3, '0')}`)}"`;

/** They are too many for a script, so they stand in a file beside it. Written out once: the load generator shares the machine. */
const inTurnOf = ({ header, shown }: HeaderInTurn, valuesFile: string): string[] => [
  'local requests = {}',
  `local turn = ${shown}`,
  'function init()',
  `  for value in io.lines(${quoted(valuesFile)}) do`,
  `    wrk.headers[${quoted(header)}] = value`,
  '    requests[#requests + 1] = wrk.format()',
  '  end',
  'end',
  'function request()',
  '  turn = turn % #requests + 1',
  '  return requests[turn]',
  'end',
];

const anyOfLines = ({ path, upTo }: NonNullable<LoadRequest['anyOf']>): string[] => [
  'function request()',
  `  return wrk.format(nil, ${quoted(path)} .. math.random(1, ${upTo}))`,
  'end',
];

const numberedLines = ({ header, prefix }: NonNullable<LoadRequest['numbered']>): string[] => [
  'local turn = 0',
  'function request()',
  '  turn = turn + 1',
  `  wrk.headers[${quoted(header)}] = ${quoted(prefix)} .. turn`,
  '  return wrk.format()',
  'end',
];

export function scriptOf(
  { method = 'GET', headers, inTurn, anyOf, numbered, body }: LoadRequest,
  valuesFile = '',
): string {
  return [
    `wrk.method = ${quoted(method)}`,
    ...Object.entries(headers).map(([name, value]) => `wrk.headers[${quoted(name)}] = ${quoted(value)}`),
    ...(body === undefined ? [] : [`wrk.body = ${quoted(body)}`]),
    ...(inTurn === undefined ? [] : inTurnOf(inTurn, valuesFile)),
    ...(anyOf === undefined ? [] : anyOfLines(anyOf)),
    ...(numbered === undefined ? [] : numberedLines(numbered)),
    'function done(summary, latency)',
    '  local e = summary.errors',
    `  print(string.format('${MARK}{"requests":%d,"microseconds":%d,"p50":%d,"p95":%d,"p99":%d,"refused":%d,"broken":%d}',`,
    '    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99),',
    '    e.status, e.connect + e.read + e.write + e.timeout))',
    'end',
    '',
  ].join('\n');
}

/** A run with a wrong answer measures something else, so it is none. */
export function parseResult(output: string): LoadResult {
  const line = output.split('\n').find((each) => each.startsWith(MARK));
  if (line === undefined) throw new Error(`wrk told no result:\n${output}`);
  const result = resultSchema.parse(JSON.parse(line.slice(MARK.length)));
  const { requests, microseconds, p50, p95, p99, refused, broken } = result;
  if (refused > 0) throw new Error(`${refused} of ${requests} answers were not 2xx or 3xx`);
  if (broken > 0) throw new Error(`${broken} requests broke off, beside ${requests} that were answered`);
  if (requests === 0) throw new Error('no request was answered');
  return {
    requests,
    requestsPerSecond: (requests * 1_000_000) / microseconds,
    p50Ms: p50 / 1_000,
    p95Ms: p95 / 1_000,
    p99Ms: p99 / 1_000,
  };
}

export async function load(request: LoadRequest, options: LoadOptions): Promise<LoadResult> {
  if (request.beside) return loadBeside(request, request.beside, options);
  const { program, prefix, seconds, folder, signal } = options;
  const { connections = options.connections } = request;
  const script = join(folder, 'request.lua');
  const values = join(folder, 'values.txt');
  if (request.inTurn) await writeFile(values, request.inTurn.values.join('\n'), { mode: 0o600 });
  await writeFile(script, scriptOf(request, values), { mode: 0o600 });
  const flags = ['--threads=1', `--connections=${connections}`, `--duration=${seconds}s`, '--timeout=10s'];
  const [command = program, ...args] = [...prefix, program, ...flags, `--script=${script}`, request.url];
  const result = parseResult(await run(command, args, { signal }));
  if (request.inTurn) request.inTurn.shown += result.requests;
  return result;
}

/** The others begin before it and end after it. */
async function loadBeside(
  { beside: _, ...request }: LoadRequest,
  others: LoadRequest,
  options: LoadOptions,
): Promise<LoadResult> {
  const folder = join(options.folder, 'beside');
  await mkdir(folder, { recursive: true });
  const theirs = load(others, { ...options, folder, seconds: options.seconds + 2 * HEAD_START_SECONDS });
  const ours = sleep(HEAD_START_SECONDS * 1_000).then(() => load(request, options));
  const [result] = await Promise.all([ours, theirs]);
  return result;
}
