export type { Auth, TokenFunction } from './auth/credential.ts';
export {
  type ClientCredentialsAuthOptions,
  clientCredentialsAuth,
  type PasswordAuthOptions,
  passwordAuth,
} from './auth/grants.ts';
export type { CallOptions, RetryInfo } from './call.ts';
export type { ClientOptions } from './client-options.ts';
export { createClient } from './create-client.ts';
export { type PageOf, type Pages, pages } from './pages.ts';
export {
  type ClientErrorCode,
  isPlinthError,
  PlinthError,
  type PlinthErrorCode,
} from './plinth-error.ts';
export type { Fetch } from './send.ts';
export type { Services } from './services.ts';
export type { Client } from './typed-client.ts';
