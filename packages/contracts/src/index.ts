export {
  API_KEY_PATTERN,
  API_KEY_STAGES,
  type ApiKeyOwner,
  type ApiKeyStage,
  type ApiKeyText,
  displayOfApiKey,
  looksLikeApiKey,
  newApiKeyParts,
  readApiKey,
  withoutApiKeys,
  writeApiKey,
} from './api-key-form.ts';
export {
  type AuditEntry,
  type AuditEvent,
  auditEventSchema,
  type PlatformEvent,
  type PlatformEventRecord,
} from './audit.ts';
export type { AuditedCall, Call, Patience, Replay } from './call.ts';
export { type Caller, callerSchema } from './caller.ts';
export { type CursorCodec, type CursorKey, createCursorCodec } from './cursor.ts';
export {
  DEGRADED_MODES,
  DEGRADED_PARTS,
  type DegradedMode,
  type DegradedPart,
  degradedModeOf,
} from './degraded-modes.ts';
export { type Deprecation, deprecation, deprecationHeaders, hasBegun, isOver } from './deprecation.ts';
export {
  DIALECTS,
  type Dialect,
  dialectOf,
  fieldErrorsOf,
  type RestDialect,
  type TypedErrorData,
  toErrorBody,
  toTypedErrorData,
} from './dialects.ts';
export {
  AppError,
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  type FieldError,
  statusOf,
  summaryOf,
  validationError,
} from './errors.ts';
export { displayName, etag, ifMatch, timestamps, json } from './fields.ts';
export {
  CORRELATION_ID_PATTERN,
  HEADER_FORMS,
  HEADERS,
  IDEMPOTENCY_KEY_PATTERN,
  INTERNAL_HEADER_PREFIX,
  parseIdempotencyKey,
  waitSecondsOf,
} from './headers.ts';
export { ID_KINDS, ID_PREFIXES, type IdKind, idSchema, isIdOf, newId, newUlid } from './ids.ts';
export {
  exchangeInput,
  exchangeOutput,
  findRealmInput,
  findRealmOutput,
  type IdentityInternal,
  pushRevocationsInput,
  pushRevocationsOutput,
  type RateLimit,
  type Revocation,
  type RevocationsSince,
  rateLimitSchema,
  revocationsSinceInput,
  revocationsSinceOutput,
  type ShownKey,
  shownKeySchema,
  type VerifiedToken,
  verifiedTokenSchema,
} from './internal/identity.ts';
export {
  capableTenantsInput,
  capableTenantsOutput,
  listMembershipsInput,
  listMembershipsOutput,
  locateAccessInput,
  locateAccessOutput,
  type Membership,
  organizationInput,
  organizationOutput,
  ownsInput,
  ownsOutput,
  resolveAccessInput,
  resolveAccessOutput,
  resolveWorkspaceStatesInput,
  resolveWorkspaceStatesOutput,
  type Scope,
  scopeSchema,
  type TenancyInternal,
  type TenantInScope,
  type WorkspaceInScope,
  type WorkspaceState,
  workspaceStateChangesInput,
  workspaceStateChangesOutput,
} from './internal/tenancy.ts';
export type { Json } from './client-types.ts';
export type { Log } from './log.ts';
export { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, type Page, pageOf, pageQuery } from './pagination.ts';
export {
  END_USER_PERMISSIONS,
  KEY_ROLES,
  type KeyRole,
  keyRolesWith,
  MEMBER_ROLES,
  type MemberRole,
  PERMISSIONS,
  type Permission,
  permissionsOf,
  ROLES,
  type Role,
  roleNamed,
  rolesWith,
} from './permissions.ts';
export {
  ORGANIZATION_LIMITS,
  PLAN_CAPABILITIES,
  PLAN_NAMES,
  type Plan,
  type PlanCapability,
  type PlanName,
  planOf,
  plansWith,
  WORKSPACE_CAPABILITIES,
  type WorkspaceCapability,
} from './plans.ts';
export { openText, sealText } from './sealed-text.ts';
export { Secret, type Shown, secretState } from './secret.ts';
export { fromRatesHeader, type RateState, rateStateSchema, toRatesHeader } from './rate-state.ts';
export {
  fromRevokedHeader,
  NEWEST_REVOCATION,
  REVOCATION_STREAM,
  type RevocationSubject,
  revocationSubject,
  toRevokedHeader,
} from './revocation.ts';
export { audienceOf, SERVICES, type ServiceName } from './services.ts';
export {
  internalUrlSettingOf,
  internalUrlSettings,
  perUpstream,
  UPSTREAMS,
  type UpstreamName,
  urlSettingOf,
  urlSettings,
} from './upstreams.ts';
export {
  API_VERSIONS,
  type ApiVersion,
  DEPRECATED_VERSIONS,
  type Deprecations,
  documentPathOf,
  isApiVersion,
  NEWEST_VERSION,
  OLDEST_VERSION,
  resolveVersion,
  statusOfVersion,
  successorOf,
  type VersionStatus,
} from './versions.ts';
