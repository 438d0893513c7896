import { AppError, type ErrorCode } from '@plinth/contracts';
import { type LIMITS, tooComplex } from './limits.ts';

const SPACE = /[ \t]*/y;
const SHOWN_CHARACTERS = 80;

/** Cut where it would make a message long. */
export const shown = (text: string): string =>
  text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS).toWellFormed()}…`;

/**
 * A place in the text of one parameter. Every reader moves it forward over what it has read, so that parsing takes time in
 * proportion to the text, whatever that is.
 */
export class Scanner {
  readonly text: string;
  readonly parameter: string;
  readonly code: ErrorCode;
  readonly #isName: boolean;
  position = 0;

  /** `code`: what is thrown where the text is not as it should be. `part`: the name of the parameter, or its value. */
  constructor(parameter: string, value: string, code: ErrorCode, part: 'name' | 'value' = 'value') {
    this.parameter = parameter;
    this.code = code;
    this.#isName = part === 'name';
    this.text = this.#isName ? parameter : value;
  }

  isAtEnd(): boolean {
    return this.position >= this.text.length;
  }

  /** The next character; empty at the end. */
  peek(ahead = 0): string {
    return this.text.charAt(this.position + ahead);
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.position);
  }

  take(text: string): boolean {
    const isNext = this.startsWith(text);
    if (isNext) this.position += text.length;
    return isNext;
  }

  /** Takes what a sticky pattern fits here, which may be nothing. */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.position += found.length;
    return found;
  }

  /** Whether a sticky pattern fits here. */
  looksAt(pattern: RegExp): boolean {
    pattern.lastIndex = this.position;
    return pattern.test(this.text);
  }

  skipSpace(): void {
    this.match(SPACE);
  }

  rest(): string {
    const rest = this.text.slice(this.position);
    this.position = this.text.length;
    return rest;
  }

  expect(text: string, meaning: string): void {
    if (!this.take(text)) this.fail(`${this.#found()} stands where "${text}" ${meaning}`);
  }

  expectEnd(): void {
    this.skipSpace();
    if (!this.isAtEnd()) this.fail(`${this.#found()} is one too many`);
  }

  fail(problem: string, position = this.position): never {
    const whole = this.#isName ? shown(this.parameter) : shown(`${this.parameter}=${this.text}`);
    throw new AppError(this.code, {
      message: `${whole}: ${problem}`,
      details: { parameter: shown(this.parameter), position },
    });
  }

  refuse(limit: keyof typeof LIMITS): never {
    throw tooComplex(limit, { parameter: shown(this.parameter), position: this.position });
  }

  #found(): string {
    return this.isAtEnd() ? 'the end' : `"${shown(String.fromCodePoint(this.#codePoint()))}"`;
  }

  #codePoint(): number {
    return this.text.codePointAt(this.position) ?? 0;
  }
}
