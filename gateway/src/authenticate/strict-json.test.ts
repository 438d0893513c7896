import { describe, expect, it } from 'vitest';
import { parseStrictJson } from './strict-json.ts';

const parse = (text: string) => parseStrictJson(Buffer.from(text));

describe('strict JSON', () => {
  it.each([
    '{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}',
    '{"a":"a","b":"a:{","c":"\\"a\\":"}',
    '["a","a"]',
    '"a"',
  ])('reads %s', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each(['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"b":[{"a":1,"c":{},"a":2}]}', '{"a" : 1 , "a" : 2}'])(
    'refuses the second name in %s',
    (text) => {
      expect(() => parse(text)).toThrow(SyntaxError);
    },
  );

  it('refuses what is not UTF-8', () => {
    expect(() => parseStrictJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(TypeError);
  });
});
