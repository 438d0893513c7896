import { withClient } from '@plinth/embedded';
import { expect, test } from 'vitest';
import { createTestCluster } from '../testing/test-cluster.ts';
import { createClusters } from './clusters.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

test('a cluster that could not be looked at to the end is prepared when it is needed next', async () => {
  const { setting, superuserUrl, drop } = await createTestCluster();
  const clusters = createClusters([setting], { log: silent });
  const cluster = clusters.named(setting.name);
  const asSuperuser = (text: string) => withClient(superuserUrl, (client) => client.query(text));
  try {
    await asSuperuser('revoke select on pg_catalog.pg_event_trigger from public');
    await expect(cluster.prepared()).rejects.toThrow();
    await asSuperuser('grant select on pg_catalog.pg_event_trigger to public');
    await expect(cluster.prepared()).resolves.toBeUndefined();
  } finally {
    await clusters.close();
    await drop();
  }
});
