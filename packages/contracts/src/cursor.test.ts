import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCursorCodec } from './cursor.ts';
import { AppError, type ErrorCode } from './errors.ts';

const HOUR = 3_600_000;
const key = Buffer.alloc(32, 1);
const query = ['tenant.list', 'org_1', { status: 'active' }];
const codec = createCursorCodec([key]);

function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('it was accepted');
}

const codeOf = (work: () => unknown): ErrorCode => refusal(work).code;

describe('a cursor', () => {
  test('comes back as the key that it was made of, whatever text that holds', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 4 }), (last) => {
        expect(codec.decode(query, codec.encode(query, last))).toEqual(last);
      }),
    );
  });

  test('shows nothing of what it holds and is never the same twice', () => {
    const [one, two] = [codec.encode(query, ['private']), codec.encode(query, ['private'])];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(one, 'base64url').toString('latin1')).not.toContain('private');
  });

  test('is refused when any bit of it is changed', () => {
    const sealed = Buffer.from(codec.encode(query, ['tnt_1']), 'base64url');
    for (let place = 0; place < sealed.length; place++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(sealed);
        changed.writeUInt8(sealed.readUInt8(place) ^ (1 << bit), place);
        expect(codeOf(() => codec.decode(query, changed.toString('base64url')))).toBe('CURSOR_INVALID');
      }
    }
  });

  test('is refused when it is cut, lengthened or spelt otherwise', () => {
    const cursor = codec.encode(query, ['tnt_1']);
    for (let length = 0; length < cursor.length; length++) {
      expect(codeOf(() => codec.decode(query, cursor.slice(0, length)))).toBe('CURSOR_INVALID');
    }
    for (const other of [`${cursor}A`, `${cursor}=`, ` ${cursor}`, `${cursor}\n`, `${cursor}!`]) {
      expect(
        codeOf(() => codec.decode(query, other)),
        other,
      ).toBe('CURSOR_INVALID');
    }
  });

  test('is refused when it is anything at all, of any size', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 4_096 })), (text) => {
        expect(codeOf(() => codec.decode(query, text))).toBe('CURSOR_INVALID');
      }),
    );
    expect(codeOf(() => codec.decode(query, 'A'.repeat(1_000_000)))).toBe('CURSOR_INVALID');
  });

  test('names itself when it is refused, as every bad field does', () => {
    expect(refusal(() => codec.decode(query, 'nonsense')).details).toEqual({
      fields: [{ path: 'cursor', code: 'invalid', message: expect.any(String) }],
    });
  });

  test('opens no other list', () => {
    const cursor = codec.encode(query, ['tnt_1']);
    const others = [
      ['workspace.list', 'org_1', { status: 'active' }],
      ['tenant.list', 'org_2', { status: 'active' }],
      ['tenant.list', 'org_1', { status: 'deleted' }],
      ['tenant.list', 'org_1', {}],
    ];
    for (const other of others) expect(codeOf(() => codec.decode(other, cursor))).toBe('CURSOR_MISMATCH');
  });

  test('does not open under another key', () => {
    const other = createCursorCodec([randomBytes(32)]);
    expect(codeOf(() => other.decode(query, codec.encode(query, ['tnt_1'])))).toBe('CURSOR_INVALID');
  });

  test('lives on through a rotation, until its key is taken away', () => {
    const old = codec.encode(query, ['tnt_1']);
    const newer = Buffer.alloc(32, 2);
    const rotated = createCursorCodec([newer, key]);
    expect(rotated.decode(query, old)).toEqual(['tnt_1']);
    const made = rotated.encode(query, ['tnt_2']);
    expect(createCursorCodec([newer]).decode(query, made)).toEqual(['tnt_2']);
    expect(codeOf(() => codec.decode(query, made))).toBe('CURSOR_INVALID');
    expect(codeOf(() => createCursorCodec([newer]).decode(query, old))).toBe('CURSOR_INVALID');
  });

  test('lasts 72 hours', () => {
    let now = 1_000_000;
    const clocked = createCursorCodec([key], () => now);
    const cursor = clocked.encode(query, ['tnt_1']);
    now += 72 * HOUR;
    expect(clocked.decode(query, cursor)).toEqual(['tnt_1']);
    now += 1;
    expect(codeOf(() => clocked.decode(query, cursor))).toBe('CURSOR_EXPIRED');
  });
});

test('a codec without a key is refused at once', () => {
  expect(() => createCursorCodec([])).toThrow('needs a key');
});
