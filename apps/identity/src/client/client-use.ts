import type { FieldError } from '@plinth/contracts';

interface Use {
  type: 'public' | 'confidential';
  redirectUris: readonly string[];
  clientCredentials: boolean;
}

/** A public client has users only, and every client has somebody who can use it. */
export function useProblem({ type, redirectUris, clientCredentials }: Use): FieldError | undefined {
  const code = 'custom';
  if (type === 'public' && clientCredentials) {
    return { path: 'clientCredentials', code, message: 'a public client can prove to nobody who it is' };
  }
  if (redirectUris.length === 0 && !clientCredentials) {
    const message = 'must hold one at least, where the client has no tokens of its own';
    return { path: 'redirectUris', code, message };
  }
  return undefined;
}
