import { AppError, type ErrorDetails } from '@plinth/contracts';
import { LIMITS } from '../limits.ts';
import { shown } from '../scanner.ts';

// The codes of bytes: a Buffer of a large body is read several times as quickly as its text, which then nobody has to make.

/** Beyond the last byte. */
const END = -1;
const QUOTE = 0x22;
const COMMA = 0x2c;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const SMALL_E = 0x65;
const SMALL_U = 0x75;
const CLOSE_ARRAY = 0x5d;
export const OPEN_ARRAY = 0x5b;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

const LOWER_CASE = 0x20;
const FIRST_PRINTED = 0x20;
/** That follow a backslash. */
const LETTERS = new Set(Buffer.from('"\\/bfnrt'));
const WORDS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]));
const HEX = /^[\dA-Fa-f]{4}$/;
const SHOWN_BYTES = 40;

export const isSpace = (code: number | undefined): boolean =>
  code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;

/**
 * JSON in UTF-8, checked from its begin to its end without making values of it: what is stored is the text, so that no number
 * loses a digit.
 */
export class JsonScanner {
  readonly bytes: Buffer;
  position = 0;
  readonly #details: ErrorDetails;
  #depth = 0;
  readonly #readMember = () => {
    this.readString();
    this.readMemberValue();
  };
  readonly #readElement = () => this.readValue();

  /** `details`: where the text is from, for the error that refuses it. */
  constructor(bytes: Buffer, details: ErrorDetails = {}) {
    this.bytes = bytes;
    this.#details = details;
  }

  /** The code of the next byte that is no space. */
  peek(): number {
    let code = this.#at(this.position);
    while (isSpace(code)) code = this.#at(++this.position);
    return code;
  }

  take(code: number): boolean {
    const isNext = this.peek() === code;
    if (isNext) this.position++;
    return isNext;
  }

  expect(code: number): void {
    if (!this.take(code)) this.fail();
  }

  expectEnd(): void {
    if (this.peek() !== END) this.fail();
  }

  /** Moves over these bytes, if they are what comes next. */
  takeBytes(bytes: Buffer): boolean {
    this.peek();
    const start = this.position;
    for (let index = 0; index < bytes.length; index++)
      if (this.bytes[start + index] !== bytes[index]) return false;
    this.position = start + bytes.length;
    return true;
  }

  /** Moves over a string. */
  readString(): void {
    this.expect(QUOTE);
    const { bytes } = this;
    let at = this.position;
    for (;;) {
      const code = bytes[at] ?? END;
      if (code === QUOTE) break;
      if (code !== BACKSLASH && code >= FIRST_PRINTED) at++;
      else {
        this.position = at;
        if (code !== BACKSLASH) this.fail();
        this.#readEscape();
        at = this.position;
      }
    }
    this.position = at + 1;
  }

  /** Moves over a string, and gives it as it is written, quotes and all. */
  readWritten(): Buffer {
    this.peek();
    const start = this.position;
    this.readString();
    return this.bytes.subarray(start, this.position);
  }

  /** Moves over a value of any kind. */
  readValue(): void {
    const code = this.peek();
    if (code === QUOTE) this.readString();
    else if (code === OPEN_OBJECT) this.readObject(this.#readMember);
    else if (code === OPEN_ARRAY) this.readArray(this.#readElement);
    else if (code === MINUS || isDigit(code)) this.#readNumber();
    else this.#readWord(code);
  }

  /** What stands after the key of a member. */
  readMemberValue(): void {
    this.expect(COLON);
    this.readValue();
  }

  /** `readMember` is called at each key, to move over it and its value. */
  readObject(readMember: () => void): void {
    this.#open(OPEN_OBJECT);
    if (!this.take(CLOSE_OBJECT)) {
      do readMember();
      while (this.take(COMMA));
      this.expect(CLOSE_OBJECT);
    }
    this.#depth--;
  }

  readArray(readElement: () => void): void {
    this.#open(OPEN_ARRAY);
    if (!this.take(CLOSE_ARRAY)) {
      do readElement();
      while (this.take(COMMA));
      this.expect(CLOSE_ARRAY);
    }
    this.#depth--;
  }

  fail(at = this.position): never {
    const next = this.bytes
      .toString('utf8', at, at + SHOWN_BYTES)
      .slice(0, 10)
      .toWellFormed();
    throw new AppError('MALFORMED_JSON', {
      message: `The body is not valid JSON: ${next === '' ? 'it ends too early' : `unexpected ${shown(JSON.stringify(next))}`}`,
      details: this.#detailsAt(at),
    });
  }

  /** A place is told in characters. */
  #detailsAt(at: number): ErrorDetails {
    return { position: this.bytes.toString('utf8', 0, at).length, ...this.#details };
  }

  #at(position: number): number {
    return this.bytes[position] ?? END;
  }

  #open(bracket: number): void {
    this.expect(bracket);
    this.#depth++;
    if (this.#depth > LIMITS.bodyDepth)
      throw new AppError('JSON_TOO_DEEP', { details: this.#detailsAt(this.position - 1) });
  }

  #readWord(first: number): void {
    const word = WORDS.get(first);
    if (!word || !this.takeBytes(word)) this.fail();
  }

  #readNumber(): void {
    const start = this.position;
    const first = this.#at(start) === MINUS ? start + 1 : start;
    if (!isDigit(this.#at(first))) this.fail(start);
    let end = this.#at(first) === ZERO ? first + 1 : this.#endOfDigits(first);
    if (this.#at(end) === POINT && isDigit(this.#at(end + 1))) end = this.#endOfDigits(end + 1);
    if ((this.#at(end) | LOWER_CASE) === SMALL_E) {
      const sign = this.#at(end + 1);
      const digits = sign === MINUS || sign === PLUS ? end + 2 : end + 1;
      if (isDigit(this.#at(digits))) end = this.#endOfDigits(digits);
    }
    this.position = end;
  }

  #endOfDigits(from: number): number {
    let at = from;
    while (isDigit(this.#at(at))) at++;
    return at;
  }

  #readEscape(): void {
    const start = this.position;
    const unit = this.#unit();
    const isFirstHalf = unit >= 0xd800 && unit < 0xdc00;
    const second = isFirstHalf && this.#at(this.position) === BACKSLASH ? this.#unit() : 0;
    const isPair = isFirstHalf && second >= 0xdc00 && second < 0xe000;
    if (unit !== 0 && (isPair || unit < 0xd800 || unit >= 0xe000)) return;
    throw new AppError('INVALID_VALUE', {
      message: 'A text must be Unicode without U+0000',
      details: this.#detailsAt(start),
    });
  }

  /** The code of an escape; any but 0 for those of one letter. */
  #unit(): number {
    const letter = this.#at(this.position + 1);
    if (LETTERS.has(letter)) {
      this.position += 2;
      return 1;
    }
    const hex = this.bytes.toString('latin1', this.position + 2, this.position + 6);
    if (letter !== SMALL_U || !HEX.test(hex)) this.fail();
    this.position += 6;
    return Number.parseInt(hex, 16);
  }
}
