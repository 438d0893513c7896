import { initService } from '@plinth/service';
import type { RowsService } from './rows/rows.service.ts';

export interface Services {
  rows: RowsService;
}

export const { router, procedure } = initService<Services>();
