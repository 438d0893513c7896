import { initService } from '@plinth/service';
import type { RowsService } from './rows/rows.service.ts';
import type { TableService } from './table/table.service.ts';

export interface Services {
  rows: RowsService;
  tables: TableService;
}

export const { router, procedure } = initService<Services>();
