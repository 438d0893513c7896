import type { Scenario } from '../scenario.ts';
import { credentials } from './credentials.ts';
import { platform } from './platform.ts';
import { proxy } from './proxy.ts';
import { listOfRows, oneRow } from './rows.ts';
import { service } from './service.ts';

export const SCENARIOS: readonly Scenario[] = [proxy, service, credentials, platform, oneRow, listOfRows];
