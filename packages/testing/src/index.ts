export {
  createTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  testSuperuserUrl,
} from './database.ts';
