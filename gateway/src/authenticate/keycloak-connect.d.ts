// What we use of keycloak-connect's own modules, which come without types.

declare module 'keycloak-connect/middleware/auth-utils/token.js' {
  class Token {
    constructor(token: string, clientId: string);
    isExpired(): boolean;
  }
  export = Token;
}

declare module 'keycloak-connect/middleware/auth-utils/grant-manager.js' {
  import type { VerifyKeyObjectInput } from 'node:crypto';
  import type Token from 'keycloak-connect/middleware/auth-utils/token.js';

  class GrantManager {
    constructor(config: {
      realmUrl: string;
      clientId: string;
      publicKey: VerifyKeyObjectInput;
      bearerOnly: boolean;
      verifyTokenAudience: boolean;
    });
    validateToken(token: Token, type: 'Bearer'): Promise<Token>;
  }
  export = GrantManager;
}
