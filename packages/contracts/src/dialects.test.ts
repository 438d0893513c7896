import { describe, expect, test } from 'vitest';
import { DIALECTS, dialectOf, toErrorBody, toTypedErrorData } from './dialects.ts';
import { AppError, ERROR_CODES, validationError } from './errors.ts';

describe('dialectOf', () => {
  test.each([
    ['/v1/tenants', 'platform'],
    ['/v1/tenants/tnt_1?x=/trpc', 'platform'],
    ['/openapi.json', 'platform'],
    ['/', 'platform'],
    ['/api/v1', 'organization'],
    ['/api/v1/organizations/org_1/tenants', 'organization'],
    ['/api/v1?x=1', 'organization'],
    ['/api/v1/deployments', 'deployments'],
    ['/api/v1/deployments/', 'deployments'],
    ['/api/v1/deployments?offset=1', 'deployments'],
    ['/api/v1/deployments/1/environments', 'deployments'],
    ['/api/v1/audit-logs/export', 'deployments'],
    ['/v1/data-sources', 'deployments'],
    ['/v1/entities/orders', 'deployments'],
    ['/trpc', 'typed'],
    ['/trpc/tenancy/tenant.get?input=1', 'typed'],
  ])('%s is of the %s dialect', (path, dialect) => {
    expect(dialectOf(path)).toBe(dialect);
  });

  test.each([
    ['/api/v10/organizations', 'platform'],
    ['/api/v1x', 'platform'],
    ['/api/v1.1', 'platform'],
    ['/trpcx', 'platform'],
    ['/trpc-old/x', 'platform'],
    ['/TRPC/x', 'platform'],
    ['/x/trpc', 'platform'],
    ['/api/v1/deploymentsx', 'organization'],
    ['/api/v1/deployment', 'organization'],
    ['/v1/entitiesx', 'platform'],
    ['/v1/data-sources-2', 'platform'],
  ])('%s only looks like another: it is %s', (path, dialect) => {
    expect(dialectOf(path)).toBe(dialect);
  });
});

describe('toErrorBody', () => {
  const now = new Date('2026-01-15T10:00:00Z');
  const fields = [{ path: 'slug', code: 'required', message: 'is required' }];
  const error = validationError(fields);
  const body = (dialect: (typeof DIALECTS)[number], thrown: AppError) =>
    toErrorBody(dialect, thrown, 'corr-1234', now);

  test('of the platform dialect', () => {
    expect(body('platform', error)).toEqual({
      error: {
        code: 'VALIDATION_FAILED',
        message: 'Invalid request: slug: is required',
        correlationId: 'corr-1234',
        timestamp: '2026-01-15T10:00:00.000Z',
        details: { fields },
      },
    });
    expect(body('platform', new AppError('NOT_FOUND'))).not.toHaveProperty('error.details');
  });

  test('of the organization dialect, which folds the codes and keeps the precise one', () => {
    expect(body('organization', error)).toEqual({
      error: {
        code: 'BAD_REQUEST',
        message: 'Invalid request: slug: is required',
        field_errors: fields,
        details: { code: 'VALIDATION_FAILED', fields },
      },
      meta: { request_id: 'corr-1234', timestamp: '2026-01-15T10:00:00.000Z' },
    });
    expect(body('organization', new AppError('SLUG_TAKEN'))).toMatchObject({
      error: { code: 'CONFLICT', field_errors: [], details: { code: 'SLUG_TAKEN' } },
    });
  });

  test('keeps the precise code whatever the details hold', () => {
    const odd = new AppError('CONFLICT', { details: { code: 'mine' } });
    expect(body('organization', odd)).toMatchObject({ error: { details: { code: 'CONFLICT' } } });
  });

  test.each([
    ['UNAUTHENTICATED', 'UNAUTHENTICATED'],
    ['PERMISSION_DENIED', 'FORBIDDEN'],
    ['TENANT_NOT_FOUND', 'NOT_FOUND'],
    ['PRECONDITION_FAILED', 'CONFLICT'],
    ['RATE_LIMITED', 'RATE_LIMITED'],
    ['BUSINESS_RULE_VIOLATED', 'BAD_REQUEST'],
    ['DATABASE_UNAVAILABLE', 'INTERNAL_ERROR'],
  ] as const)('folds %s into %s', (code, folded) => {
    expect(body('organization', new AppError(code))).toMatchObject({ error: { code: folded } });
  });

  test('of the deployments dialect, one sentence', () => {
    expect(body('deployments', error)).toEqual({ error: 'Invalid request: slug: is required' });
  });

  test('of the typed dialect, as tRPC clients read it', () => {
    expect(body('typed', error)).toEqual({
      error: {
        message: 'Invalid request: slug: is required',
        code: -32_600,
        data: { code: 'VALIDATION_FAILED', httpStatus: 400, correlationId: 'corr-1234', details: { fields } },
      },
    });
    expect(body('typed', new AppError('INTERNAL_ERROR'))).toMatchObject({ error: { code: -32_603 } });
    expect(toTypedErrorData(new AppError('RATE_LIMITED', { retryAfter: 9 }), 'c')).toMatchObject({
      retryAfter: 9,
    });
  });

  test.each(DIALECTS)('never shows a cause or a stack in the %s dialect', (dialect) => {
    for (const code of ERROR_CODES) {
      const text = JSON.stringify(body(dialect, new AppError(code, { cause: new Error('canary-cause') })));
      expect(text).not.toContain('canary-cause');
      expect(text).not.toContain('.ts:');
    }
  });
});
