import type { Scenario } from '../scenario.ts';
import { bulkInsert } from './bulk-insert.ts';
import { credentials } from './credentials.ts';
import { deepPages } from './deep-pages.ts';
import { exportOfRows } from './export.ts';
import { neighbour } from './neighbour.ts';
import { platform } from './platform.ts';
import { proxy } from './proxy.ts';
import { listOfRows, oneRow } from './rows.ts';
import { service } from './service.ts';

export const SCENARIOS: readonly Scenario[] = [
  proxy,
  service,
  credentials,
  platform,
  oneRow,
  listOfRows,
  deepPages,
  bulkInsert,
  exportOfRows,
  neighbour,
];
