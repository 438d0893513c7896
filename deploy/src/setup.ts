import type { SetupSettings } from './env.ts';
import { makeDatabases } from './databases.ts';
import { createServiceFolders } from './service-folders.ts';

export const BOOTSTRAP_FILE = 'bootstrap.json';

/** Makes what is missing of all that services need before their first start; what is there stays. */
export async function setUp(settings: SetupSettings, say: (line: string) => void): Promise<void> {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password, ORGANIZATION: slug } = settings;

  const databases = await makeDatabases(settings.SUPERUSER_URL, settings.DATABASE_URLS);
  say(`databases: ${databases.join(', ')}`);

  const folders = createServiceFolders(settings.STATE_DIRECTORY);
  await folders.handOutKeys();
  say(`keys: in the folders of ${settings.STATE_DIRECTORY}`);

  // Who is in the organization is tenancy's to know, and the password identity's alone.
  await folders.write('tenancy', BOOTSTRAP_FILE, {
    organizations: [{ slug, displayName: slug, members: [{ email, role: 'owner' }] }],
  });
  await folders.write('identity', BOOTSTRAP_FILE, {
    users: [{ email, password, displayName: 'Administrator' }],
  });
  say(`first sign-in: ${email}, owner of ${slug}`);
}
