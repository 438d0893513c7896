import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '@plinth/contracts';
import { rotateServiceKey, serviceKeyFiles, writeServiceKeys } from '@plinth/passport';

// All keys are made in one folder, `setup`. From there each service gets a folder with its own private keys and everybody's
// public ones, so that a container can be given the one and never sees another's.

export interface ServiceFolders {
  /** Makes the keys that are missing, and hands out all of them. */
  handOutKeys(): Promise<void>;
  /** Gives a service a new key, and returns its name. */
  rotateKey(service: ServiceName): Promise<string>;
  /** Writes a file that only this service reads. */
  write(service: ServiceName, name: string, content: unknown): Promise<void>;
}

export function createServiceFolders(stateDirectory: string): ServiceFolders {
  const store = join(stateDirectory, 'setup');
  const made = serviceKeyFiles(store);
  const folderOf = (service: ServiceName): string => join(stateDirectory, service);

  async function handOut(): Promise<void> {
    // Trusted everywhere before anybody signs with it.
    for (const service of SERVICES) {
      await mkdir(folderOf(service), { recursive: true, mode: 0o700 });
      await replace(serviceKeyFiles(folderOf(service)).trustedKeysFile, (draft) =>
        copyFile(made.trustedKeysFile, draft),
      );
    }
    for (const service of SERVICES) {
      await replace(serviceKeyFiles(folderOf(service)).keysFileOf(service), (draft) =>
        copyFile(made.keysFileOf(service), draft),
      );
    }
  }

  return {
    async handOutKeys() {
      await writeServiceKeys({ directory: store, services: SERVICES });
      await handOut();
    },
    async rotateKey(service) {
      const { kid } = await rotateServiceKey({ directory: store, service });
      await handOut();
      return kid;
    },
    write: (service, name, content) =>
      replace(join(folderOf(service), name), (draft) =>
        writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 }),
      ),
  };
}

/** By rename: services look at these files while they run. */
async function replace(file: string, write: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  await write(draft);
  await rename(draft, file);
}
