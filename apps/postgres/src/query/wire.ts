import type { Value } from './statement.ts';

// What a connection is sent: the messages of the extended query protocol, in one piece. The driver's own would be a buffer
// for each message.

export interface Step {
  /** The name that the statement has on this connection; empty for one that is not kept. */
  name: string;
  /** Its text, where it has still to be prepared. */
  text: string | undefined;
  /** Bound as text. */
  values: readonly Value[];
}

/** A count of values is two bytes on the wire. */
export const MAX_VALUES = 65_535;

const PARSE = 0x50;
const BIND = 0x42;
const EXECUTE = 0x45;
const CLOSE = 0x43;
const SYNC = 0x53;
const FLUSH = 0x48;
const STATEMENT = 0x53;

/** A message's own letter and its length. */
const HEAD = 5;
const EXECUTE_SIZE = HEAD + 5;

const closeSize = (name: string): number => HEAD + 1 + name.length + 1;
const parseSize = (name: string, text: string): number =>
  HEAD + name.length + 1 + Buffer.byteLength(text) + 1 + 2;

function bindSize(name: string, values: Step['values']): number {
  let size = HEAD + 1 + name.length + 1 + 2 + 2 + 2;
  for (const value of values) size += value === null ? 4 : 4 + Buffer.byteLength(value);
  return size;
}

/** With a limit, the last statement stops after so many rows, and the transaction stays open for more of them. */
export function encodePipeline(outgrown: readonly string[], steps: readonly Step[], maxRows = 0): Buffer {
  let size = HEAD;
  for (const name of outgrown) size += closeSize(name);
  for (const { name, text, values } of steps) {
    if (text !== undefined) size += parseSize(name, text);
    size += bindSize(name, values) + EXECUTE_SIZE;
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const name of outgrown) at = writeClose(bytes, at, name);
  const last = steps.length - 1;
  for (const [index, { name, text, values }] of steps.entries()) {
    if (text !== undefined) at = writeParse(bytes, at, name, text);
    at = writeBind(bytes, at, name, values);
    at = writeExecute(bytes, at, index === last ? maxRows : 0);
  }
  writeEmpty(bytes, at, maxRows > 0 ? FLUSH : SYNC);
  return bytes;
}

/** More rows of the last statement. */
export function encodeMore(maxRows: number): Buffer {
  const bytes = Buffer.allocUnsafe(EXECUTE_SIZE + HEAD);
  writeEmpty(bytes, writeExecute(bytes, 0, maxRows), FLUSH);
  return bytes;
}

/** The end of a transaction that was left open. */
export function encodeSync(): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD);
  writeEmpty(bytes, 0, SYNC);
  return bytes;
}

function writeEmpty(bytes: Buffer, at: number, letter: number): void {
  bytes[at] = letter;
  bytes.writeInt32BE(HEAD - 1, at + 1);
}

function endText(bytes: Buffer, at: number, text: string): number {
  const end = at + bytes.write(text, at);
  bytes[end] = 0;
  return end + 1;
}

function writeClose(bytes: Buffer, start: number, name: string): number {
  bytes[start] = CLOSE;
  bytes[start + HEAD] = STATEMENT;
  const end = endText(bytes, start + HEAD + 1, name);
  bytes.writeInt32BE(end - start - 1, start + 1);
  return end;
}

function writeParse(bytes: Buffer, start: number, name: string, text: string): number {
  bytes[start] = PARSE;
  let at = endText(bytes, start + HEAD, name);
  at = endText(bytes, at, text);
  // The types of its parameters follow from the text.
  at = bytes.writeInt16BE(0, at);
  bytes.writeInt32BE(at - start - 1, start + 1);
  return at;
}

const writeValue = (bytes: Buffer, at: number, value: string | Buffer): number =>
  typeof value === 'string' ? bytes.write(value, at) : value.copy(bytes, at);

function writeBind(bytes: Buffer, start: number, name: string, values: Step['values']): number {
  bytes[start] = BIND;
  let at = start + HEAD;
  // The unnamed portal.
  bytes[at++] = 0;
  at = endText(bytes, at, name);
  // No formats are named: values and columns are all text.
  at = bytes.writeInt16BE(0, at);
  at = bytes.writeUInt16BE(values.length, at);
  for (const value of values) {
    const size = value === null ? -1 : writeValue(bytes, at + 4, value);
    bytes.writeInt32BE(size, at);
    at += 4 + Math.max(0, size);
  }
  at = bytes.writeInt16BE(0, at);
  bytes.writeInt32BE(at - start - 1, start + 1);
  return at;
}

/** Of the unnamed portal; no limit is 0. */
function writeExecute(bytes: Buffer, at: number, maxRows: number): number {
  bytes[at] = EXECUTE;
  bytes.writeInt32BE(EXECUTE_SIZE - 1, at + 1);
  bytes[at + HEAD] = 0;
  return bytes.writeInt32BE(maxRows, at + HEAD + 1);
}
