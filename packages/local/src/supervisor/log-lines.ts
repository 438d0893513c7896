import { styleText } from 'node:util';

// Children write pino's JSON or plain text; people read `12:03:04 tenancy  | info tenant created id=…`.

type Style = Parameters<typeof styleText>[0];

const LEVELS: Record<number, { name: string; style: Style }> = {
  10: { name: 'trace', style: 'gray' },
  20: { name: 'debug', style: 'gray' },
  30: { name: 'info', style: 'green' },
  40: { name: 'warn', style: 'yellow' },
  50: { name: 'error', style: 'red' },
  60: { name: 'fatal', style: 'red' },
};

const PREFIX_STYLES: readonly Style[] = [
  'cyan',
  'magenta',
  'blue',
  'yellow',
  'green',
  'white',
  'cyanBright',
  'magentaBright',
];

/** Said by the prefix, or of no use on one machine. */
const HIDDEN = ['level', 'time', 'pid', 'hostname', 'name', 'service', 'msg', 'err'];

/** What Postgres puts before each line, and the prefix says already. */
const POSTGRES_STAMP = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ UTC \[\d+\] /;

export type Paint = (style: Style, text: string) => string;

/** Colour only where somebody looks at a terminal and has not asked for none. */
export function paintFor(stream: { isTTY?: boolean }, env: { NO_COLOR?: string | undefined }): Paint {
  const coloured = stream.isTTY === true && !env.NO_COLOR;
  return (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) && typeof value.level === 'number' ? value : undefined;
  } catch {
    return undefined;
  }
}

const shown = (value: unknown): string =>
  typeof value === 'string' && !/[\s"=]/.test(value) ? value : (JSON.stringify(value) ?? '');

function clock(time: unknown): string {
  const at = typeof time === 'number' || typeof time === 'string' ? new Date(time) : new Date();
  return at.toTimeString().slice(0, 8);
}

/** One line of a child as the lines to show, without the prefix. */
export function renderLine(line: string, paint: Paint): { time: string; lines: string[] } {
  const record = parseRecord(line);
  if (!record) return { time: clock(undefined), lines: [line.replace(POSTGRES_STAMP, '')] };
  const level = LEVELS[Number(record.level)] ?? { name: String(record.level), style: 'white' };
  const fields = Object.entries(record)
    .filter(([name]) => !HIDDEN.includes(name))
    .map(([name, value]) => paint('gray', `${name}=${shown(value)}`));
  const message = typeof record.msg === 'string' ? record.msg : '';
  const first = [paint(level.style, level.name), message, ...fields].filter(Boolean).join(' ');
  const stack = isRecord(record.err) ? String(record.err.stack ?? record.err.message ?? '') : '';
  return { time: clock(record.time), lines: [first, ...stack.split('\n').filter(Boolean)] };
}

/** Writes each child's lines under its own prefix. */
export function createPrefixer(
  names: readonly string[],
  { write, paint }: { write: (text: string) => void; paint: Paint },
): (name: string, line: string) => void {
  const width = Math.max(...names.map((name) => name.length));
  return (name, line) => {
    const style = PREFIX_STYLES[names.indexOf(name) % PREFIX_STYLES.length] ?? 'white';
    const prefix = paint(style, `${name.padEnd(width)} |`);
    const { time, lines } = renderLine(line, paint);
    write(lines.map((text) => `${paint('gray', time)} ${prefix} ${text}\n`).join(''));
  };
}
