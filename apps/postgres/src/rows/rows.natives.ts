import type { IncomingMessage } from 'node:http';
import { AppError, type Call } from '@plinth/contracts';
import { type NativeHandler, oneHeader } from '@plinth/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bytesIn, leaving, partsOf, send, versionsIn } from '../native-request.ts';
import { createRowBatches } from '../request/body/row-batches.ts';
import { parseRowsBody } from '../request/body/rows-body.ts';
import { parseAccept, parseContentType, parseLinesType } from '../request/media-types.ts';
import { parsePreferences } from '../request/preferences.ts';
import { narrow, parseRange } from '../request/row-range.ts';
import { parseRowsUrl } from '../request/rows-url.ts';
import { shown } from '../request/scanner.ts';
import { answerToRead, answerToWrite, headersOfLines } from './answer.ts';
import { linesOf } from './export.ts';
import type { RowsService } from './rows.service.ts';
import { openUpload, type UploadLimits } from './upload.ts';
import type { Change } from './write.ts';

// Rows over HTTP: what comes is read by `request/`, what goes out is the text that Postgres made.

const tableIn = ({ params }: FastifyRequest): string => (params as { table: string }).table;

const FULL_TABLE = 'x-allow-full-table';

const SHAPES = { array: 'list', object: 'one', csv: 'list', ndjson: 'list' } as const;

function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new AppError('UNSUPPORTED_MEDIA_TYPE', {
    message: `Content-Encoding: ${shown(encoding)}: rows are sent as they are`,
  });
}

export function rowsNatives(rows: RowsService, imports: UploadLimits): Record<string, NativeHandler> {
  async function list(call: Call, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { method, path, query } = partsOf(request);
    const { headers } = request;
    const preferences = parsePreferences(oneHeader(headers.prefer));
    const representation = parseAccept(headers.accept);
    const url = narrow(parseRowsUrl(query), parseRange(headers.range, oneHeader(headers['range-unit'])));
    const asked = {
      table: tableIn(request),
      url,
      preferences,
      stripsNulls: representation.stripsNulls,
      method,
      path,
      signal: leaving(reply),
    };
    const format = method === 'HEAD' ? undefined : linesOf(url, preferences, representation);
    if (format) {
      const lines = await rows.export(call, { ...asked, format });
      return reply.headers(headersOfLines(preferences, representation)).send(lines);
    }
    const shape = method === 'HEAD' ? 'none' : SHAPES[representation.format];
    const result = await rows.read(call, { ...asked, shape });
    const ifNoneMatch = headers['if-none-match'];
    return send(request, reply, answerToRead(result, { url, preferences, representation, ifNoneMatch }));
  }

  async function insertLines(
    call: Call,
    request: FastifyRequest,
    reply: FastifyReply,
    body: IncomingMessage,
  ): Promise<FastifyReply> {
    const { method, path, query } = partsOf(request);
    const { headers } = request;
    const preferences = parsePreferences(oneHeader(headers.prefer));
    const representation = parseAccept(headers.accept);
    checkEncoding(headers['content-encoding']);
    const format = parseLinesType(headers['content-type']);
    const isOne = representation.format === 'object';
    const content = [query, oneHeader(headers.prefer) ?? '', headers.accept ?? ''];
    const wanted = { table: tableIn(request), url: parseRowsUrl(query), preferences, method, path };
    const upload = openUpload(body, leaving(reply), imports);
    const batches = createRowBatches(upload.chunks, format);
    try {
      const isAnswered = isOne || (preferences.return ?? 'minimal') !== 'minimal';
      const result = isAnswered
        ? await rows.write(call, {
            ...wanted,
            change: 'insert',
            body: await batches.all(),
            isOne,
            stripsNulls: representation.stripsNulls,
            ifMatch: undefined,
            fullTable: undefined,
            content: [...content, await upload.digest()],
            signal: upload.signal,
          })
        : await rows.import(call, { ...wanted, batches, upload, content });
      return send(
        request,
        reply,
        answerToWrite(result, { change: 'insert', path, preferences, representation }),
      );
    } finally {
      upload.close();
    }
  }

  const insert: NativeHandler = (call, request, reply) =>
    request.body === request.raw
      ? insertLines(call, request, reply, request.raw)
      : writing('insert')(call, request, reply);

  const writing =
    (change: Change): NativeHandler =>
    async (call, request, reply) => {
      const { method, path, query } = partsOf(request);
      const { headers } = request;
      const preferences = parsePreferences(oneHeader(headers.prefer));
      const representation = parseAccept(headers.accept);
      const body = bytesIn(request);
      const result = await rows.write(call, {
        change,
        table: tableIn(request),
        url: parseRowsUrl(query),
        preferences,
        body: body === undefined ? undefined : parseRowsBody(body, parseContentType(headers['content-type'])),
        isOne: representation.format === 'object',
        stripsNulls: representation.stripsNulls,
        ifMatch: versionsIn(headers['if-match']),
        fullTable: oneHeader(headers[FULL_TABLE]),
        content: [
          query,
          oneHeader(headers.prefer) ?? '',
          headers.accept ?? '',
          headers['if-match'] ?? '',
          body ?? '',
          oneHeader(headers[FULL_TABLE]) ?? '',
        ],
        method,
        path,
        signal: leaving(reply),
      });
      return send(request, reply, answerToWrite(result, { change, path, preferences, representation }));
    };

  return {
    'rows.list': list,
    'rows.insert': insert,
    'rows.update': writing('update'),
    'rows.upsert': writing('upsert'),
    'rows.remove': writing('delete'),
  };
}
