import { initService } from '@plinth/service';
import type { MigrationService } from './migration/migration.service.ts';
import type { BatchService } from './batch/batch.service.ts';
import type { ColumnService } from './column/column.service.ts';
import type { FunctionService } from './function/function.service.ts';
import type { IndexService } from './index/index.service.ts';
import type { OpenapiService } from './openapi/openapi.service.ts';
import type { PolicyService } from './policy/policy.service.ts';
import type { CredentialService } from './credential/credential.service.ts';
import type { RowsService } from './rows/rows.service.ts';
import type { TableService } from './table/table.service.ts';
import type { TypeService } from './type/type.service.ts';

export interface Services {
  migrations: MigrationService;
  credentials: CredentialService;
  rows: RowsService;
  functions: FunctionService;
  batches: BatchService;
  tables: TableService;
  columns: ColumnService;
  indexes: IndexService;
  types: TypeService;
  policies: PolicyService;
  openapi: OpenapiService;
}

export const { router, procedure } = initService<Services>();
