import { AppError, type Caller, NEWEST_VERSION } from '@plinth/contracts';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { checkScope, type RequestFacts, startCall } from './call.ts';

const caller: Caller = {
  kind: 'member',
  id: 'usr_1',
  organizationId: 'org_1',
  tenantId: 'tnt_1',
  permissions: [],
  capabilities: [],
  suspended: false,
};

const facts: RequestFacts = {
  caller,
  service: undefined,
  correlationId: 'corr-1234',
  apiVersion: NEWEST_VERSION,
  traceparent: undefined,
  clientAddress: undefined,
  userAgent: undefined,
  idempotencyKey: 'key',
  log: pino({ level: 'silent' }),
  replay: undefined,
};

const content = (input: unknown, operation = 'tenant.create'): string =>
  startCall(facts, operation, input).content();

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([name, item]) => [name, shuffled(item)] as const);
  return Object.fromEntries(entries.reverse());
}

describe('the content of a call', () => {
  test('is the same however the client orders its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (input) => {
        expect(content(shuffled(input))).toBe(content(input));
      }),
    );
  });

  test('differs whenever the content does', () => {
    const inputs: unknown[] = [
      {},
      [],
      null,
      '',
      0,
      false,
      { a: 1 },
      { a: '1' },
      { a: null },
      { a: [1, 2] },
      { a: [2, 1] },
      { a: { b: 1 } },
      { 'a:{"b"': 1 },
      { a: 1, b: 2 },
      [{ a: 1 }, { b: 2 }],
      ['{}'],
      'null',
    ];
    expect(new Set(inputs.map((input) => content(input))).size).toBe(inputs.length);
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, two) => {
        const same = JSON.stringify(shuffled(shuffled(one))) === JSON.stringify(shuffled(shuffled(two)));
        fc.pre(!same);
        if (content(one) === content(two)) expect(one).toEqual(two);
      }),
    );
  });

  test('leaves out what is undefined, as JSON does', () => {
    expect(content({ a: 1, b: undefined })).toBe(content({ a: 1 }));
    expect(content(undefined)).toBe(content(undefined));
  });

  test('belongs to one operation and one version', () => {
    expect(content({}, 'tenant.remove')).not.toBe(content({}));
    expect(startCall({ ...facts, apiVersion: '2024-01-01' }, 'tenant.create', {}).content()).not.toBe(
      content({}),
    );
  });
});

describe('startCall', () => {
  test('gives nobody to a procedure that has no caller', () => {
    const call = startCall({ ...facts, caller: undefined }, 'x', {});
    expect(call.caller).toMatchObject({ kind: 'anonymous', permissions: [], capabilities: [] });
  });

  test('tells the request when its answer is a stored one', () => {
    const own = { ...facts };
    const replay = { requestId: 'corr-0001', expiresAt: new Date(), isCurrent: false };
    startCall(own, 'x', {}).replay = replay;
    expect(own.replay).toBe(replay);
  });
});

describe('checkScope', () => {
  const codeOf = (input: unknown, by = caller): string | undefined => {
    try {
      checkScope(by, input);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof AppError) return thrown.code;
      throw thrown;
    }
  };

  test.each([
    [{ organizationId: 'org_2' }, 'ORGANIZATION_NOT_FOUND'],
    [{ tenantId: 'tnt_2' }, 'TENANT_NOT_FOUND'],
    [{ organizationId: 'org_1', tenantId: 'tnt_2' }, 'TENANT_NOT_FOUND'],
    [{ organizationId: 'org_1', tenantId: 'tnt_1' }, undefined],
    [{ workspaceId: 'wks_2' }, undefined],
    [{}, undefined],
    [null, undefined],
    ['tnt_2', undefined],
    [undefined, undefined],
  ])('%o gives %s', (input, code) => {
    expect(codeOf(input)).toBe(code);
  });

  test('holds a caller of one workspace to it', () => {
    expect(codeOf({ workspaceId: 'wks_2' }, { ...caller, workspaceId: 'wks_1' })).toBe('WORKSPACE_NOT_FOUND');
  });

  test('leaves an id that is no text to the validator', () => {
    expect(codeOf({ tenantId: ['tnt_2'] })).toBeUndefined();
  });
});
