/** A client by which a service account signs in, as itself and nobody else. */
export interface AccountClient {
  /** Of the account: the two are one thing. */
  id: string;
  /** For whoever looks at the provider. */
  name: string;
  secret: string;
}

/** The clients of service accounts, in the platform's own realm. Each of these can be asked again after a crash. */
export interface AccountClients {
  /** Makes it; the one that is there already becomes like this, and a secret of before opens nothing. */
  put(client: AccountClient): Promise<void>;
  /** Also where there is none. */
  remove(id: string): Promise<void>;
}
