import type { Admin } from './bootstrap-file.ts';
import { writePrivately } from './home.ts';

/** What a script on this machine needs to begin with. */
export interface LocalFile {
  gateway: string;
  organizationId: string;
  admin: Admin;
}

export function writeLocalFile(file: string, { gateway, organizationId, admin }: LocalFile): void {
  const { email, password } = admin;
  writePrivately(
    file,
    `${JSON.stringify({ gateway, organizationId, admin: { email, password } }, null, 2)}\n`,
  );
}
