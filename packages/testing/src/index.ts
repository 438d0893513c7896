export {
  createTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  testSuperuserUrl,
} from './database.ts';
export { compileCache } from './compile-cache.ts';
export { freePort } from '../systems/server-process.ts';
export { elapsed } from './elapsed.ts';
export { isFullSize } from './full-size.ts';
export { createTestKeys, type TestKeys, type TestSettings, testKey, testMember } from './service-keys.ts';
export { type Answer, createSender } from './sender.ts';
export type { SuiteRequest } from './example-requests.ts';
export { type InputSuite, inputSuite } from './input-suite.ts';
export { type FaultSuite, faultSuite } from './fault-suite.ts';
export { closedPort, startTestProxy, type TestProxy } from './test-proxy.ts';
export { type Load, type Sent, startLoad } from './load.ts';
export { type ServiceStandIn, type StandInOptions, startServiceStandIn } from './service-stand-in.ts';
export { type PermissionSuite, permissionSuite } from './permission-suite.ts';
export { routerRules, type SecuritySuite, securitySuite } from './security-suite.ts';
export { type Fleet, type FleetOptions, startFleet } from './fleet/fleet.ts';
export type { Ending, FleetProcess } from './fleet/fleet-process.ts';
export { type Platform, startPlatform } from './platform.ts';
export type { PlatformUser, PlatformUsers } from './platform-home.ts';
export { breakingChanges, explainBreakingChanges } from './documents/breaking-changes.ts';
