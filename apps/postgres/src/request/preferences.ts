import { AppError } from '@plinth/contracts';
import type { Preferences } from './ast.ts';
import { shown } from './scanner.ts';

// The `Prefer` header (RFC 7240). What is not known there is ignored, unless `handling=strict` is preferred; only what holds a
// request back is never ignored, because ignoring it would do more than was asked.

const CHOICES = {
  return: ['minimal', 'headers-only', 'representation'],
  count: ['exact', 'planned', 'estimated'],
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  missing: ['default', 'null'],
  handling: ['strict', 'lenient'],
  isolation: ['read-committed', 'repeatable-read', 'serializable'],
  numbers: ['string', 'number'],
  tx: ['commit'],
} as const;

const choices = new Map<string, readonly string[]>(Object.entries(CHOICES));

/** Honoured by the platform, whatever the service. */
const OF_THE_PLATFORM = new Set(['wait', 'respond-async']);
const HOLDING_BACK = new Set(['max-affected', 'isolation', 'tx']);
const ROWS = /^\d{1,15}$/;

const isUnderstood = (name: string, value: string): boolean =>
  name === 'max-affected' ? ROWS.test(value) : (choices.get(name)?.includes(value) ?? false);

const meaningOf = (name: string): string =>
  name === 'max-affected'
    ? 'max-affected=100'
    : (choices.get(name) ?? []).map((value) => `${name}=${value}`).join(', ');

/** By name, as it was sent; the first of a name counts. */
function given(header: string): Map<string, string> {
  const preferences = new Map<string, string>();
  for (const part of header.split(',')) {
    const [preference = ''] = part.split(';', 1);
    const equals = preference.indexOf('=');
    const name = (equals === -1 ? preference : preference.slice(0, equals)).trim().toLowerCase();
    const value = equals === -1 ? '' : preference.slice(equals + 1).trim();
    const unquoted =
      value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
    if (name !== '' && !preferences.has(name)) preferences.set(name, unquoted);
  }
  return preferences;
}

const write = ([name, value]: [string, string]): string => (value === '' ? name : `${name}=${value}`);

function refuse(preferences: readonly [string, string][], problem: string): never {
  const written = preferences.map((one) => shown(write(one)));
  throw new AppError('INVALID_PREFERENCE', {
    message: `Prefer: ${shown(written.join(', '))}: ${problem}`,
    details: { preferences: written.slice(0, 10) },
  });
}

function check(preferences: Map<string, string>): void {
  const misunderstood = [...preferences].filter(
    ([name, value]) => !isUnderstood(name, value) && !OF_THE_PLATFORM.has(name),
  );
  const held = misunderstood.find(([name]) => HOLDING_BACK.has(name));
  if (held) refuse([held], `only ${meaningOf(held[0])} can be honoured`);
  if (misunderstood.length > 0 && preferences.get('handling') === 'strict')
    refuse(misunderstood, 'not known here, and handling=strict is preferred');
}

function choice<T extends string>(value: string | undefined, allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === value);
}

export function parsePreferences(header: string | undefined): Preferences {
  const preferences = given(header ?? '');
  check(preferences);
  const maxAffected = preferences.get('max-affected');
  return {
    return: choice(preferences.get('return'), CHOICES.return),
    count: choice(preferences.get('count'), CHOICES.count),
    resolution: choice(preferences.get('resolution'), CHOICES.resolution),
    missing: choice(preferences.get('missing'), CHOICES.missing),
    handling: choice(preferences.get('handling'), CHOICES.handling),
    maxAffected: maxAffected === undefined ? undefined : Number(maxAffected),
    isolation: choice(preferences.get('isolation'), CHOICES.isolation),
    numbers: choice(preferences.get('numbers'), CHOICES.numbers),
    applied: [...preferences].filter(([name, value]) => isUnderstood(name, value)).map(write),
  };
}
