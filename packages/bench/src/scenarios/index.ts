import type { Scenario } from '../scenario.ts';
import { credentials } from './credentials.ts';
import { platform } from './platform.ts';
import { proxy } from './proxy.ts';
import { service } from './service.ts';

export const SCENARIOS: readonly Scenario[] = [proxy, service, credentials, platform];
