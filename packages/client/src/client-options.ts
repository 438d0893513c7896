import type { Auth } from './auth/credential.ts';
import type { RetryInfo } from './call.ts';
import type { Fetch } from './send.ts';

export interface ClientOptions {
  /** The gateway's public URL. */
  url: string;
  auth: Auth;
  /** The organization to act in, for callers that belong to several. */
  organizationId?: string | undefined;
  fetch?: Fetch | undefined;
  /** How often a call is sent again at most. 3 unless given. */
  retries?: number | undefined;
  /** How long one attempt may take. 10 s unless given. */
  timeoutMs?: number | undefined;
  /** How long a call may take with all its attempts. 60 s unless given. */
  deadlineMs?: number | undefined;
  onRetry?: ((info: RetryInfo) => void) | undefined;
}
