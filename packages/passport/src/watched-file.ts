import { readFileSync, statSync } from 'node:fs';
import type { Log } from '@plinth/contracts';

// A file that others rewrite while we run. A version that cannot be read or parsed is reported and the last good one
// stays in use: a slip while rotating keys must not stop a service.

const INTERVAL_MS = 1_000;

export interface WatchedFile<T> {
  /** The newest content, looked for at most once a second. */
  current(): T;
  /** Looks now, for who knows that the file must have changed; itself at most once a second. */
  refreshed(): T;
}

export function watchFile<T>(path: string, parse: (text: string) => T, log?: Log): WatchedFile<T> {
  let version = versionOf(path);
  let content = parse(readFileSync(path, 'utf8'));
  let lookedAt = Date.now();
  let refreshedAt = 0;

  function look(): void {
    lookedAt = Date.now();
    try {
      const found = versionOf(path);
      if (found === version) return;
      version = found;
      content = parse(readFileSync(path, 'utf8'));
    } catch (cause) {
      log?.error({ err: cause, path }, 'the changed file is unusable; the last good one stays in use');
    }
  }

  return {
    current() {
      if (Math.abs(Date.now() - lookedAt) >= INTERVAL_MS) look();
      return content;
    },
    refreshed() {
      if (Math.abs(Date.now() - refreshedAt) >= INTERVAL_MS) {
        refreshedAt = Date.now();
        look();
      }
      return content;
    },
  };
}

function versionOf(path: string): string {
  const { ino, size, mtimeNs } = statSync(path, { bigint: true });
  return `${ino}.${size}.${mtimeNs}`;
}
