// Requests that two readers could read in two ways. Each is written for a caller whose credential is `who`, and holds,
// where a confused reader would find it, a second request of that caller for `/v1/notes/smuggled`.

export interface FramingCase {
  name: string;
  bytes: (from: Sender) => string;
  /** The statuses that the gateway answers with; the last one, in sync, is that of a polite last request. */
  gateway: readonly number[];
  /** What the service answers to the same bytes, where that differs. */
  service?: readonly number[];
  /** The second request is meant to be one. */
  pipelines?: boolean;
}

export interface Sender {
  /** Header lines: who asks, and what every request must carry. */
  who: string;
  port: number;
}

const BODY = '{"marker":"first"}';
const LENGTH = `Content-Length: ${BODY.length}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

const smuggled = ({ who }: Sender): string => `GET /v1/notes/smuggled HTTP/1.1\r\nHost: x\r\n${who}\r\n`;
const last = ({ who }: Sender): string =>
  `GET /v1/notes/last HTTP/1.1\r\nHost: x\r\n${who}Connection: close\r\n\r\n`;

/** A POST with these header lines and this body, then what must not be answered twice. */
const post =
  (headers: string, body = '') =>
  (from: Sender): string =>
    `POST /v1/notes HTTP/1.1\r\nHost: x\r\n${from.who}Content-Type: application/json\r\n${headers}\r\n${body}`;

const line =
  (start: string, headers = 'Host: x\r\n', body = '') =>
  ({ who }: Sender): string =>
    `${start}\r\n${headers}${who}\r\n${body}`;

const get = (headers: string, body = ''): ((from: Sender) => string) =>
  line('GET /v1/notes/first HTTP/1.1', `Host: x\r\n${headers}`, body);

type Row = [
  name: string,
  bytes: (from: Sender) => string,
  gateway: readonly number[],
  service?: readonly number[],
];

/** Refused, and the connection with it: nothing that follows is read. */
const CLOSED = [400] as const;
/** Refused by the policy after it was read to its end. */
const REFUSED = [400, 200] as const;
const SERVED = [200, 200] as const;
/** Served, and what was sent right behind it dropped. */
const DROPPED = [200] as const;

const thenSmuggled =
  (bytes: (from: Sender) => string) =>
  (from: Sender): string =>
    bytes(from) + smuggled(from);

const LENGTHS: readonly Row[] = [
  ['length and chunks', post(`Content-Length: 4\r\n${CHUNKED}`, '0\r\n\r\n'), CLOSED],
  ['chunks and length', post(`${CHUNKED}Content-Length: 4\r\n`, '0\r\n\r\n'), CLOSED],
  ['two lengths that differ', post('Content-Length: 0\r\nContent-Length: 40\r\n'), CLOSED],
  ['two lengths that agree', post(LENGTH + LENGTH, BODY), CLOSED],
  ['a list of lengths that agree', post('Content-Length: 18, 18\r\n', BODY), CLOSED],
  ['a list of lengths that differ', post('Content-Length: 0, 18\r\n', BODY), CLOSED],
  ['a length with a plus', post('Content-Length: +18\r\n', BODY), CLOSED],
  ['a negative length', post('Content-Length: -1\r\n', BODY), CLOSED],
  ['a hexadecimal length', post('Content-Length: 0x12\r\n', BODY), CLOSED],
  ['a length in scientific notation', post('Content-Length: 18e0\r\n', BODY), CLOSED],
  ['a length with an underscore', post('Content-Length: 1_8\r\n', BODY), CLOSED],
  ['a length with a space inside', post('Content-Length: 1 8\r\n', BODY), CLOSED],
  ['an empty length', post('Content-Length: \r\n'), CLOSED],
  ['a length that overflows', post('Content-Length: 18446744073709551634\r\n', BODY), CLOSED],
  ['a length with zeros before it', post('Content-Length: 0018\r\n', BODY), SERVED],
  ['a length with blanks around it', post('Content-Length:\t 18 \t\r\n', BODY), SERVED],
  ['a length of another name', post(`${LENGTH}Content_Length: 0\r\n`, BODY), SERVED],
];

const CODINGS: readonly Row[] = [
  ['another coding', post('Transfer-Encoding: xchunked\r\n', CHUNKS), CLOSED],
  ['no coding', post('Transfer-Encoding: identity\r\n', CHUNKS), CLOSED],
  ['an empty coding', post('Transfer-Encoding: \r\n', CHUNKS), CLOSED],
  ['chunked, but not last', post('Transfer-Encoding: chunked, identity\r\n', CHUNKS), CLOSED],
  ['chunked twice', post('Transfer-Encoding: chunked, chunked\r\n', CHUNKS), CLOSED],
  ['chunked after another', post('Transfer-Encoding: gzip, chunked\r\n', CHUNKS), REFUSED, SERVED],
  ['chunked in two headers', post(CHUNKED + CHUNKED, CHUNKS), CLOSED],
  ['chunked in one header of two', post(`${CHUNKED}Transfer-Encoding: identity\r\n`, CHUNKS), CLOSED],
  ['chunked with a parameter', post('Transfer-Encoding: chunked;q=1\r\n', CHUNKS), CLOSED],
  ['chunked in quotes', post('Transfer-Encoding: "chunked"\r\n', CHUNKS), CLOSED],
  ['chunked behind a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', CHUNKS), CLOSED],
  ['chunked in a folded header', post(`Transfer-Encoding:\r\n chunked\r\n${LENGTH}`, CHUNKS), CLOSED],
  ['chunked folded into the header before', post(`${LENGTH}X-A: b\r\n ${CHUNKED}`, BODY), CLOSED],
  ['chunked with a space before the colon', post('Transfer-Encoding : chunked\r\n', CHUNKS), CLOSED],
  [
    'chunked in HTTP/1.0',
    line('POST /v1/notes HTTP/1.0', `Host: x\r\nContent-Type: application/json\r\n${CHUNKED}`, CHUNKS),
    CLOSED,
  ],
  ['chunked in capitals', post('TRANSFER-ENCODING: CHUNKED\r\n', CHUNKS), SERVED],
  ['chunked of another name', post(`${LENGTH}Transfer_Encoding: chunked\r\n`, BODY), SERVED],
];

const chunked = (body: string) => post(CHUNKED, body);
const CHUNK_FORMS: readonly Row[] = [
  ['a chunk size of rubbish', chunked('zz\r\n'), CLOSED],
  ['a negative chunk size', chunked('-1\r\n'), CLOSED],
  ['a chunk size with a plus', chunked(`+12\r\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['a chunk size with 0x', chunked(`0x12\r\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['a chunk size with an underscore', chunked(`1_2\r\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['a chunk size that overflows', chunked('fffffffffffffffff\r\n'), CLOSED],
  ['an empty chunk size', chunked('\r\n0\r\n\r\n'), CLOSED],
  ['a space before the chunk size', chunked(` 12\r\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['a space behind the chunk size', chunked(`12 \r\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['a chunk size ended by a bare line feed', chunked(`12\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['a chunk longer than it says', chunked(`11\r\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['a chunk shorter than it says', chunked(`13\r\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['a chunk ended by a bare line feed', chunked(`12\r\n${BODY}\n0\r\n\r\n`), CLOSED],
  ['a chunk ended by a bare return', chunked(`12\r\n${BODY}\r0\r\n\r\n`), CLOSED],
  ['an extension with a line feed', chunked(`12;a\nb\r\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['an extension with a quoted line end', chunked(`12;a="\r\n"\r\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['an extension of 20 KB', chunked(`12;${'a'.repeat(20_000)}\r\n${BODY}\r\n0\r\n\r\n`), CLOSED],
  ['zeros before a chunk size', chunked(`00000012\r\n${BODY}\r\n000\r\n\r\n`), SERVED],
  ['an extension', chunked(`12;a=b;c="d"\r\n${BODY}\r\n0;e\r\n\r\n`), SERVED],
  ['a trailer with a fold', chunked(`12\r\n${BODY}\r\n0\r\nX-A: b\r\n c\r\n\r\n`), CLOSED],
  [
    'trailers that name headers',
    chunked(`12\r\n${BODY}\r\n0\r\nX-Plinth-Passport: forged\r\nX-Correlation-Id: forged-by-trailer\r\n\r\n`),
    SERVED,
  ],
  ['a trailer that names the length', chunked(`12\r\n${BODY}\r\n0\r\nContent-Length: 99\r\n\r\n`), CLOSED],
  ['a trailer that names the coding', chunked(`12\r\n${BODY}\r\n0\r\n${CHUNKED}\r\n`), CLOSED],
];

const FIELDS: readonly Row[] = [
  ['a NUL in a value', get('X-A: a\0b\r\n'), CLOSED],
  ['a return in a value', get('X-A: a\rb\r\n'), CLOSED],
  ['a return at the end of a value', get('X-A: a\r\r\n'), CLOSED],
  ['a DEL in a value', get('X-A: a\x7fb\r\n'), CLOSED],
  ['a NUL in a name', get('X-\0A: a\r\n'), CLOSED],
  ['a space in a name', get('X A: a\r\n'), CLOSED],
  ['a space before the colon', post('Content-Length : 18\r\n', BODY), CLOSED],
  ['a name beyond ASCII', get('X-\xc3\xa4: a\r\n'), CLOSED],
  ['no name', get(': a\r\n'), CLOSED],
  ['no colon', get('X-A\r\n'), CLOSED],
  ['a pseudo header', get(':path: /v1/notes/smuggled\r\n'), CLOSED],
  ['a folded value', get('X-A: a\r\n b\r\n'), CLOSED],
  ['a line feed alone between headers', get('X-A: b\nX-B: c\r\n'), CLOSED],
  [
    'line feeds alone',
    ({ who }) => `GET /v1/notes/first HTTP/1.1\nHost: x\n${who.replaceAll('\r', '')}\n`,
    CLOSED,
  ],
  ['a value beyond ASCII', get('X-A: \xc3\xa4\r\n'), SERVED],
  ['no Host', line('GET /v1/notes/first HTTP/1.1', ''), REFUSED, [400]],
  ['two Hosts', get('Host: y\r\n'), REFUSED, SERVED],
];

const LINES: readonly Row[] = [
  ['HTTP/0.9', () => 'GET /v1/notes/first\r\n\r\n', CLOSED, [401, 400]],
  ['HTTP/1.2', line('GET /v1/notes/first HTTP/1.2'), CLOSED],
  ['HTTP/2.0', line('GET /v1/notes/first HTTP/2.0'), CLOSED],
  ['the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', CLOSED],
  ['a protocol in small letters', line('GET /v1/notes/first http/1.1'), CLOSED],
  ['TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', CLOSED],
  ['no protocol and no path', () => 'GET\r\n\r\n', CLOSED],
  ['a method in small letters', line('get /v1/notes/first HTTP/1.1'), CLOSED],
  ['a tab in the request line', line('GET\t/v1/notes/first HTTP/1.1'), CLOSED],
  ['two spaces before the path', line('GET  /v1/notes/first HTTP/1.1'), SERVED],
  ['a space in the path', line('GET /v1/notes/fi rst HTTP/1.1'), CLOSED],
  ['a NUL in the path', line('GET /v1/notes/fi\0rst HTTP/1.1'), CLOSED],
  ['a path beyond ASCII', line('GET /v1/notes/\xc3\xa4 HTTP/1.1'), CLOSED],
  ['line ends in the path', line('GET /v1/notes/a%0d%0ab HTTP/1.1'), [404, 200], SERVED],
  ['a target of another host', line('GET http://other.example.com/v1/notes/first HTTP/1.1'), REFUSED, SERVED],
  ['a target of this host', line('GET http://x/v1/notes/first HTTP/1.1'), REFUSED, SERVED],
  ['a target that is no path', line('GET v1/notes/first HTTP/1.1'), CLOSED],
  ['a fragment', line('GET /v1/notes/first#/../smuggled HTTP/1.1'), [404, 200], REFUSED],
  ['OPTIONS *', line('OPTIONS * HTTP/1.1'), REFUSED, [404, 200]],
  ['GET *', line('GET * HTTP/1.1'), REFUSED, [404, 200]],
  ['CONNECT', line('CONNECT 127.0.0.1:1 HTTP/1.1'), []],
  ['TRACE', line('TRACE /v1/notes/first HTTP/1.1'), [405, 200]],
  ['HTTP/1.0 with something behind it', line('GET /v1/notes/first HTTP/1.0'), CLOSED],
  ['bytes behind a request that closes', get('Connection: close\r\n'), CLOSED],
  ['empty lines before it', (from) => `\r\n\r\n${get('')(from)}`, SERVED],
];

const HOPS: readonly Row[] = [
  ['Connection that names the passport', get('Connection: x-plinth-passport\r\n'), SERVED],
  [
    'Connection that names the organization',
    get('Connection: X-Organization-Id\r\nX-Organization-Id: org_1\r\n'),
    SERVED,
  ],
  ['Connection that names the length', post(`Connection: content-length\r\n${LENGTH}`, BODY), SERVED],
  ['Connection that names the coding', post(`Connection: transfer-encoding\r\n${CHUNKED}`, CHUNKS), SERVED],
  ['Connection that names the host', get('Connection: host\r\n'), SERVED],
  ['Connection of rubbish', get('Connection: @, ;;\r\n'), SERVED],
  ['Expect in other letters', post(`Expect: 100-Continue\r\n${LENGTH}`, BODY), [100, 200, 200]],
  ['Expect without a body', get('Expect: 100-continue\r\n'), [100, 200, 200]],
  ['another Expect', post(`Expect: 200-ok\r\n${LENGTH}`, BODY), [417, 200], [417, 200]],
  [
    'Expect of two things',
    post(`Expect: 100-continue, x\r\n${LENGTH}`, BODY),
    [100, 417, 200],
    [100, 200, 200],
  ],
  [
    'Upgrade to h2c',
    get(
      'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
    ),
    DROPPED,
  ],
  [
    'Upgrade to a WebSocket that is none',
    get('Connection: Upgrade, close\r\nUpgrade: websocket\r\n'),
    DROPPED,
  ],
  [
    'Upgrade with a body',
    post(`Connection: Upgrade, close\r\nUpgrade: websocket\r\n${LENGTH}`, BODY),
    DROPPED,
  ],
  ['another method in a header', get('X-HTTP-Method-Override: DELETE\r\n'), SERVED],
  ['HEAD', line('HEAD /v1/notes/first HTTP/1.1'), SERVED],
  ['a GET with an empty body', get('Content-Length: 0\r\n'), SERVED],
  [
    'a body in parts',
    post(CHUNKED, `9\r\n${BODY.slice(0, 9)}\r\n9\r\n${BODY.slice(9)}\r\n0\r\n\r\n`),
    SERVED,
  ],
];

/** A body that is the second request, or has it right behind. */
const BODIES: readonly FramingCase[] = [
  {
    name: 'a GET with a body',
    bytes: (from) => get(`Content-Length: ${smuggled(from).length}\r\n`, smuggled(from))(from) + last(from),
    gateway: REFUSED,
    service: SERVED,
  },
  {
    name: 'a GET with chunks',
    bytes: (from) =>
      get(CHUNKED, `${smuggled(from).length.toString(16)}\r\n${smuggled(from)}\r\n0\r\n\r\n`)(from) +
      last(from),
    gateway: REFUSED,
    service: SERVED,
  },
  {
    name: 'a HEAD with a body',
    bytes: (from) =>
      line(
        'HEAD /v1/notes/first HTTP/1.1',
        `Host: x\r\nContent-Length: ${smuggled(from).length}\r\n`,
        smuggled(from),
      )(from) + last(from),
    gateway: REFUSED,
    service: SERVED,
  },
  {
    name: 'a body that is a request',
    bytes: (from) => post(`Content-Length: ${smuggled(from).length}\r\n`, smuggled(from))(from) + last(from),
    gateway: REFUSED,
    service: [400],
  },
  {
    name: 'a refused request with a body',
    bytes: (from) =>
      line(
        'POST /v1/nothing HTTP/1.1',
        `Host: x\r\nContent-Length: ${smuggled(from).length}\r\n`,
        smuggled(from),
      )(from) + last(from),
    gateway: [404, 200],
  },
  {
    name: 'two requests at once',
    bytes: (from) => get('')(from) + smuggled(from) + last(from),
    gateway: [200, 200, 200],
    pipelines: true,
  },
  {
    name: 'a request behind an empty body',
    bytes: (from) => post('Content-Length: 0\r\n')(from) + smuggled(from) + last(from),
    gateway: [400, 200, 200],
    pipelines: true,
  },
  {
    name: 'a request behind the last chunk',
    bytes: (from) => post(CHUNKED, CHUNKS)(from) + smuggled(from) + last(from),
    gateway: [200, 200, 200],
    pipelines: true,
  },
  {
    name: 'a request behind a HEAD',
    bytes: (from) => line('HEAD /v1/notes/first HTTP/1.1')(from) + smuggled(from) + last(from),
    gateway: [200, 200, 200],
    pipelines: true,
  },
];

const staysOpen = (statuses: readonly number[]): boolean => statuses.length > 1;

export const FRAMING_CASES: readonly FramingCase[] = [
  ...[LENGTHS, CODINGS, CHUNK_FORMS, FIELDS, LINES, HOPS].flat().map(
    ([name, bytes, gateway, service]): FramingCase => ({
      name,
      gateway,
      ...(service && { service }),
      bytes: (from) =>
        (staysOpen(gateway) || (service && staysOpen(service)) ? bytes(from) : thenSmuggled(bytes)(from)) +
        last(from),
    }),
  ),
  ...BODIES,
];
