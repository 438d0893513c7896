import type { Page, RestDialect } from '@plinth/contracts';
import type { Casing } from './casing.ts';

// What a procedure returned, in the dialect's envelope.

interface AnswerContext {
  casing: Casing;
  correlationId: string;
}

function hasPagination(output: unknown): output is { pagination: Record<string, unknown> } {
  return output !== null && typeof output === 'object' && 'pagination' in output;
}

function isPage(output: unknown): output is Page<unknown> {
  return hasPagination(output) && 'data' in output;
}

function organizationAnswer(output: unknown, { casing, correlationId }: AnswerContext): object {
  const meta = { request_id: correlationId, timestamp: new Date().toISOString() };
  const recased = casing.output(output);
  if (!isPage(output) || !isPage(recased)) return { data: recased, meta };
  const { nextCursor, hasMore } = output.pagination;
  return {
    data: recased.data,
    meta: { ...meta, ...(nextCursor && { cursor: nextCursor }), has_more: hasMore },
  };
}

function deploymentsAnswer(output: unknown, { casing }: AnswerContext): object {
  const recased = casing.output(output);
  if (!hasPagination(recased)) return { data: recased };
  const { pagination, ...data } = recased;
  return { data, pagination };
}

export function toAnswer(dialect: RestDialect, output: unknown, context: AnswerContext): unknown {
  switch (dialect) {
    case 'platform':
      return output;
    case 'organization':
      return organizationAnswer(output, context);
    case 'deployments':
      return deploymentsAnswer(output, context);
  }
}
