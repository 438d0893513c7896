import { type Logger, pino, stdSerializers } from 'pino';
import { createStandardOutput, type LineBuffer } from './line-buffer.ts';

// A secret is known by the name that it is kept under. pino's own redaction knows paths and no names, and a list of
// paths that is long enough costs each line ten times what the line itself costs.

const SECRET =
  /^(?:authorization|(?:set-)?cookie|password|passport|secret|key|api_?key|(?:(?:access|refresh|id)_?)?token|client_?secret|connection_?string|x-plinth-\w+)$/i;
const CENSOR = '[redacted]';
const DEPTH = 5;

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  if (value === null || typeof value !== 'object') return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function cleanValue(value: unknown, depth: number): unknown {
  if (depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, depth - 1));
  return isFields(value) ? clean(value, depth) : value;
}

/** Most lines hold no secret, so the fields are copied only when one does. */
function clean(fields: Fields, depth = DEPTH): Fields {
  let cleaned = fields;
  for (const [name, value] of Object.entries(fields)) {
    const shown = SECRET.test(name) ? CENSOR : cleanValue(value, depth - 1);
    if (shown === value) continue;
    if (cleaned === fields) cleaned = { ...fields };
    cleaned[name] = shown;
  }
  return cleaned;
}

export interface LogOptions {
  name: string;
  level: string;
  output?: Pick<LineBuffer, 'write'>;
}

export function createLogger({ name, level, output = createStandardOutput() }: LogOptions): Logger {
  const options = {
    name,
    level,
    base: { service: name },
    formatters: { log: clean, bindings: clean },
    serializers: { err: (error: Error) => clean({ ...stdSerializers.err(error) }) },
  };
  return pino(options, output);
}
