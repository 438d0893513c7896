import { contentRange, pageStatus } from '../response/content-range.ts';
import { contentTypeOf } from '../response/media-type.ts';
import { preferencesOf, type RowsAnswer, inFormat, namesIn } from '../rows/answer.ts';
import type { Preferences, RowsUrl } from '../request/ast.ts';
import type { Representation } from '../request/media-types.ts';
import type { Called } from './call.ts';

interface CallContext {
  url: RowsUrl;
  preferences: Preferences;
  representation: Representation;
}

/** A value is JSON, whatever was asked for; rows are in the form that was. */
function bodyOf({ answers, body }: Called, { format, ...more }: Representation): string | undefined {
  if (body === null) return undefined;
  const isTable = format === 'csv' || format === 'ndjson';
  if (!isTable) return body;
  const rows = answers === 'list' ? body : `[${body}]`;
  return inFormat(rows, () => namesIn(rows), { format, ...more });
}

export function answerToCall(called: Called, context: CallContext): RowsAnswer {
  const { url, preferences, representation } = context;
  const { answers, length, total } = called;
  const applied = preferencesOf(preferences, 'call');
  if (answers === 'nothing') return { status: 204, headers: applied, body: undefined };
  const page = { offset: url.offset ?? 0, length, total: total ?? undefined };
  return {
    status: answers === 'list' ? pageStatus(page) : 200,
    headers: {
      'content-type': contentTypeOf(representation),
      ...(answers === 'list' && { 'content-range': contentRange(page) }),
      ...applied,
    },
    body: bodyOf(called, representation),
  };
}
