import { hkdfSync } from 'node:crypto';

// Every secret of an installation derives from one master key, so there is one thing to keep and one to rotate. The
// newest version makes, the older ones still open what they made.

const KEY_BYTES = 32;
const SALT = 'plinth';

export interface MasterKey {
  /** Newest first. */
  readonly versions: readonly number[];
  /** 32 bytes for this purpose from each version, the newest first. */
  derive(purpose: string): Buffer[];
}

/** `spec`: `v1:<base64 of 32 bytes>,v0:…`, the newest first. Errors name the place in it and never its content. */
export function createMasterKey(spec: string): MasterKey {
  const keys = spec.split(',').map((entry, index) => parseEntry(entry.trim(), index + 1));
  const versions = keys.map(({ version }) => version);
  const descending = versions.every((version, i) => i === 0 || version < (versions[i - 1] ?? 0));
  if (!descending) throw new Error('the master key lists its versions newest first, each of them once');
  return {
    versions,
    derive: (purpose) =>
      keys.map(({ key }) => Buffer.from(hkdfSync('sha256', key, SALT, purpose, KEY_BYTES))),
  };
}

function parseEntry(entry: string, place: number): { version: number; key: Buffer } {
  const [, version, encoded] = /^v(\d{1,6}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? [];
  if (version === undefined || encoded === undefined) {
    throw new Error(`entry ${place} of the master key is not of the form v<number>:<base64 of 32 bytes>`);
  }
  const key = Buffer.from(encoded, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new Error(`entry ${place} of the master key holds ${key.length} bytes instead of ${KEY_BYTES}`);
  }
  return { version: Number(version), key };
}
