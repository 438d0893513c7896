import { validationError } from '@plinth/contracts';
import type { NativeHandler } from '@plinth/service';
import { leaving, send, textIn } from '../native-request.ts';
import { JsonScanner } from '../request/body/json-scanner.ts';
import { parseContentType } from '../request/media-types.ts';
import { elementsOf, membersOf } from '../response/json-text.ts';
import { writtenBatch } from './batch.schema.ts';
import type { BatchService } from './batch.service.ts';
import type { Done, Operation } from './operation.ts';

// A batch over HTTP. Its values are never read into JavaScript's, on the way in or out: no number loses a digit.

function check(text: string): void {
  const scanner = new JsonScanner(Buffer.from(text));
  scanner.readValue();
  scanner.expectEnd();
}

/** What each operation has as its body, as it is written. */
function bodiesIn(text: string): (string | undefined)[] {
  const operations = new Map(membersOf(text)).get('operations') ?? '[]';
  return [...elementsOf(operations)].map((operation) => new Map(membersOf(operation)).get('body'));
}

function parseBatch(text: string) {
  check(text);
  const { data, error } = writtenBatch.safeParse(JSON.parse(text));
  if (!data)
    throw validationError(
      error.issues.map(({ path, code, message }) => ({ path: path.join('.'), code, message })),
    );
  const bodies = bodiesIn(text);
  const operations = data.operations.map(
    (operation, index): Operation => ({ ...operation, body: bodies[index] }),
  );
  return { operations, isolation: data.isolation };
}

const shown = ({ status, headers, body }: Done): string =>
  `{"status":${status},"headers":${JSON.stringify(headers)},"body":${body ?? 'null'}}`;

export function batchNatives(batches: BatchService): Record<string, NativeHandler> {
  return {
    'batch.run': async (call, request, reply) => {
      parseContentType(request.headers['content-type']);
      const text = textIn(request) ?? '{}';
      const done = await batches.run(call, { ...parseBatch(text), content: [text], signal: leaving(reply) });
      return send(request, reply, {
        status: 200,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: `{"results":[${done.map(shown).join()}]}`,
      });
    },
  };
}
