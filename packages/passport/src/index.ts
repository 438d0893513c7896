export { createAttemptSecrets } from './attempt-secret.ts';
export { rotateServiceKey, type ServiceKeyFiles, serviceKeyFiles, writeServiceKeys } from './key-files.ts';
export { createMasterKey, type MasterKey } from './master-key.ts';
export {
  createPassportMinter,
  createPassportVerifier,
  type PassportMinter,
  type PassportVerifier,
} from './passport.ts';
export {
  createServiceTokenMinter,
  createServiceTokenVerifier,
  type ServiceTokenMinter,
  type ServiceTokenVerifier,
} from './service-token.ts';
export { createSigner, type Signer } from './signer.ts';
export { createTrust, type Trust } from './trust.ts';
