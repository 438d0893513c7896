// Names that the parts of the issuer share.

/** The realm of the installation itself, as its rows call it, whatever its URL does. */
export const OWN_REALM = 'plinth';

export const CONNECT = '/protocol/openid-connect';
export const SIGN_IN_PATH = '/login-actions/authenticate/';

/** How oidc-provider calls the one API that its access tokens are for. */
export const RESOURCE = 'urn:plinth:api';

export const DEFAULT_SCOPES = ['profile', 'email'];
export const SCOPES = ['openid', ...DEFAULT_SCOPES, 'offline_access'];
