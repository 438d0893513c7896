import { settings as identity } from '../../apps/identity/src/env.ts';
import { settings as tenancy } from '../../apps/tenancy/src/env.ts';
import { settings as postgres } from '../../apps/postgres/src/env.ts';
import { settings as gateway } from '../../gateway/src/env.ts';
import { localSettings } from '../../packages/local/src/env.ts';
import type { SettingsOf } from './settings-table.ts';

/** Every process that reads settings, in the order of the README. */
export const SETTINGS: readonly SettingsOf[] = [
  { title: '`npm start`', schema: localSettings },
  { title: 'gateway', schema: gateway },
  { title: 'identity', schema: identity },
  { title: 'tenancy', schema: tenancy },
  { title: 'postgres', schema: postgres },
];
