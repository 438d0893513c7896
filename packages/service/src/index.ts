export { whoHolds } from './advice.ts';
export { authorize, capabilityRequired, refusalsOf, tenantSuspended } from './authorize.ts';
export { type CountedAudit, createCountedAudit } from './counted-audit.ts';
export { createService, type ServiceOptions } from './create-service.ts';
export { flag, list, parseEnv, processSettings, SettingsError, urls } from './env.ts';
export { fieldErrors, toAppError } from './errors.ts';
export { type CheckResult, createHealth, type Health, type HealthCheck, type Readiness } from './health.ts';
export { createKit, type Kit, type KitSettings } from './kit.ts';
export { createLineBuffer, createStandardOutput, type LineBuffer } from './line-buffer.ts';
export { createLogger, type LogOptions } from './logging.ts';
export type {
  AccessRules,
  Method,
  NativeRoute,
  ProcedureMeta,
  RequiredPermission,
  RestRoute,
} from './meta.ts';
export { checkScope } from './call.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { createNeighbours, type Neighbours } from './neighbours.ts';
export { answerHeadersOf, CREDENTIALS, sharedComponentsOf } from './openapi/components.ts';
export { createDocument } from './openapi/document.ts';
export { responsesOf } from './openapi/errors.ts';
export { oneHeader } from './one-header.ts';
export { type BaseContext, initService } from './procedure.ts';
export { checkReach, namesNoPlace, isReached, type Place, reachedIds } from './reach.ts';
export { REDIS_OPTIONS } from './redis-options.ts';
export { replayHeaders } from './replay-headers.ts';
export { createRefusalAudit, type RefusalAudit } from './refusal-audit.ts';
export { isKnownTag } from './rest/if-none-match.ts';
export type { NativeHandler } from './rest/native.ts';
export {
  pathParametersOf,
  type ProcedureFacts,
  proceduresOf,
  type RouteFacts,
  routesOf,
} from './rest/procedures.ts';
export { type ProcessEvents, runProcess, SHUTDOWN_MS } from './run.ts';
export { createTracing, type RequestSpan, type Tracing } from './telemetry.ts';
export { eachResource, renamedField, type Renaming } from './versions/renamed-field.ts';
export type { Fields, VersionChange } from './versions/version-change.ts';
