import { setTimeout as sleep } from 'node:timers/promises';
import { as, type UserName } from './api.ts';

export interface Realm {
  id: string;
  issuer: string;
  status: string;
}

const TRIES = 200;

/** A realm is made when it is first asked for, which takes a Keycloak a while. */
export async function activeRealmOf(tenantId: string, owner: UserName = 'owner'): Promise<Realm> {
  const { get } = await as(owner);
  for (let tries = 1; tries <= TRIES; tries++) {
    const { status, body } = await get(`/v1/iam/realms?tenantId=${tenantId}`);
    if (status !== 200) throw new Error(`the realms were not listed: ${JSON.stringify(body)}`);
    const realm: Realm = body.data[0];
    if (realm.status === 'active') return realm;
    await sleep(500);
  }
  throw new Error('the realm was not made');
}
