import { createOwner } from '@plinth/embedded';

/** Whoever connects with one of these URLs finds a login, a database and a schema of its own there. */
export async function makeDatabases(superuserUrl: string, urls: readonly string[]): Promise<string[]> {
  const owners = urls.map(ownerOf);
  for (const owner of owners) await createOwner({ superuserUrl, ...owner });
  return owners.map(({ name, database }) => `${name} in ${database}`);
}

interface Owner {
  name: string;
  password: string;
  database: string;
}

function ownerOf(text: string): Owner {
  const url = new URL(text);
  const [name, password, database] = [url.username, url.password, url.pathname.slice(1)].map(
    decodeURIComponent,
  );
  if (!name || !password || !database) {
    throw new Error('each of DATABASE_URLS needs a login, a password and a database');
  }
  return { name, password, database };
}
