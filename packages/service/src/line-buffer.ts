import { withoutApiKeys } from '@plinth/contracts';

// Log lines, written many at a time, 50 ms late at most: a write for each costs more than the line, and more than all else that the
// gateway does for a request. Callers put keys into paths, user agents and correlation ids: none is written, whoever logs it.

export interface LineBuffer {
  /** A whole line, with its line feed. */
  write(line: string): void;
  flush(): void;
}

const FLUSH_MS = 50;
const FLUSH_LINES = 128;

export function createLineBuffer(writeOut: (text: string) => void): LineBuffer {
  let lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (lines.length === 0) return;
    const text = withoutApiKeys(lines.join(''));
    lines = [];
    writeOut(text);
  }

  return {
    write(line) {
      lines.push(line);
      if (lines.length >= FLUSH_LINES) flush();
      else timer ??= setTimeout(flush, FLUSH_MS);
    },
    flush,
  };
}

/** Standard output. What is left goes out at exit. */
export function createStandardOutput(): LineBuffer {
  const output = createLineBuffer((text) => process.stdout.write(text));
  process.once('exit', () => output.flush());
  // A reader of the log that went away takes the log along, not the service.
  process.stdout.on('error', () => {});
  return output;
}
