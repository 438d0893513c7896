import { withoutApiKeys } from '@plinth/contracts';

// Log lines, written many at a time: one write per request costs more than the rest of the gateway's work on it. Callers put
// keys into paths, user agents and correlation ids: none is written, whoever logs it.

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
