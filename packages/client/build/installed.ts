import type { ClientOptions } from '../src/client-options.ts';
import { createClient as create } from '../src/create-client.ts';
import { writtenOut } from './written-out.ts';

export type { Auth, TokenFunction } from '../src/auth/credential.ts';
export {
  type ClientCredentialsAuthOptions,
  clientCredentialsAuth,
  type PasswordAuthOptions,
  passwordAuth,
} from '../src/auth/grants.ts';
export type { CallOptions, RetryInfo } from '../src/call.ts';
export type { ClientOptions } from '../src/client-options.ts';
export { type PageOf, type Pages, pages } from '../src/pages.ts';
export {
  type ClientErrorCode,
  isPlinthError,
  PlinthError,
  type PlinthErrorCode,
} from '../src/plinth-error.ts';
export type { Fetch } from '../src/send.ts';

/** A client for every service. */
export const createClient = (options: ClientOptions) => writtenOut(create(options));
export type Client = ReturnType<typeof createClient>;
