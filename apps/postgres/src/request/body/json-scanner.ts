import { AppError, type ErrorDetails } from '@plinth/contracts';
import { LIMITS } from '../limits.ts';
import { shown } from '../scanner.ts';

/** What stands in a string as it is: all but control characters, `"` and `\\`. */
const UNESCAPED = /[ !#-[\]-\uffff]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/**
 * JSON text, checked from its begin to its end without making values of it: what is stored is the text, so that no number
 * loses a digit.
 */
export class JsonScanner {
  readonly text: string;
  position = 0;
  readonly #details: ErrorDetails;
  #depth = 0;

  /** `details`: where the text is from, for the error that refuses it. */
  constructor(text: string, details: ErrorDetails = {}) {
    this.text = text;
    this.#details = details;
  }

  /** The next character that is no space; empty at the end. */
  peek(): string {
    while (isSpace(this.text.charCodeAt(this.position))) this.position++;
    return this.text.charAt(this.position);
  }

  take(character: string): boolean {
    const isNext = this.peek() === character;
    if (isNext) this.position++;
    return isNext;
  }

  expect(character: string): void {
    if (!this.take(character)) this.fail();
  }

  expectEnd(): void {
    if (this.peek() !== '') this.fail();
  }

  /** Moves over a string, and gives it as it is written, quotes and all. */
  readString(): string {
    this.peek();
    const start = this.position;
    this.expect('"');
    for (;;) {
      this.#skip(UNESCAPED);
      const character = this.text.charAt(this.position);
      if (character === '"') break;
      if (character !== '\\') this.fail();
      this.#readEscape();
    }
    this.position++;
    return this.text.slice(start, this.position);
  }

  /** Moves over a value of any kind. */
  readValue(): void {
    const character = this.peek();
    if (character === '"') this.readString();
    else if (character === '{') this.readObject(() => this.readValue());
    else if (character === '[') this.readArray(() => this.readValue());
    else if (!this.#skip(NUMBER) && !this.#skip(WORD)) this.fail();
  }

  /** `readMember` is called at each value, with its key as it is written. */
  readObject(readMember: (key: string) => void): void {
    this.#open('{');
    if (!this.take('}')) {
      do {
        const key = this.readString();
        this.expect(':');
        readMember(key);
      } while (this.take(','));
      this.expect('}');
    }
    this.#depth--;
  }

  readArray(readElement: () => void): void {
    this.#open('[');
    if (!this.take(']')) {
      do readElement();
      while (this.take(','));
      this.expect(']');
    }
    this.#depth--;
  }

  fail(): never {
    const next = this.text.slice(this.position, this.position + 10).toWellFormed();
    throw new AppError('MALFORMED_JSON', {
      message: `The body is not valid JSON: ${next === '' ? 'it ends too early' : `unexpected ${shown(JSON.stringify(next))}`}`,
      details: { position: this.position, ...this.#details },
    });
  }

  #open(bracket: string): void {
    this.expect(bracket);
    this.#depth++;
    if (this.#depth > LIMITS.bodyDepth)
      throw new AppError('JSON_TOO_DEEP', { details: { position: this.position - 1, ...this.#details } });
  }

  #readEscape(): void {
    const start = this.position;
    const unit = this.#unit();
    const isFirstHalf = unit >= 0xd800 && unit < 0xdc00;
    const second = isFirstHalf && this.text.charAt(this.position) === '\\' ? this.#unit() : 0;
    const isPair = isFirstHalf && second >= 0xdc00 && second < 0xe000;
    if (unit !== 0 && (isPair || unit < 0xd800 || unit >= 0xe000)) return;
    throw new AppError('INVALID_VALUE', {
      message: 'A text must be Unicode without U+0000',
      details: { position: start, ...this.#details },
    });
  }

  /** The code of an escape; any but 0 for those of one letter. */
  #unit(): number {
    const start = this.position;
    if (!this.#skip(ESCAPE)) this.fail();
    const hex = this.text.slice(start + 2, this.position);
    return hex === '' ? 1 : Number.parseInt(hex, 16);
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.position;
    const isThere = pattern.test(this.text);
    if (isThere) this.position = pattern.lastIndex;
    return isThere;
  }
}
