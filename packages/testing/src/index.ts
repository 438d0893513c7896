export {
  createTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  testSuperuserUrl,
} from './database.ts';
export { createTestKeys, type TestKeys, type TestSettings, testMember } from './service-keys.ts';
export { type Answer, createSender } from './sender.ts';
export type { SuiteRequest } from './example-requests.ts';
export { type FaultSuite, faultSuite } from './fault-suite.ts';
export { routerRules, type SecuritySuite, securitySuite } from './security-suite.ts';
export { type Platform, type PlatformUser, type PlatformUsers, startPlatform } from './platform.ts';
export { breakingChanges, explainBreakingChanges } from './documents/breaking-changes.ts';
