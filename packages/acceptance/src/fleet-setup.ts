import { startFleet } from '@plinth/testing';
import type { TestProject } from 'vitest/node';
import { type PlatformUnderTest, SETTINGS } from './platform-under-test.ts';

/** The same tests against two gateways and two replicas of every service, as an installation in production has them. */
export async function setup(project: TestProject) {
  const fleet = await startFleet({ settings: SETTINGS });
  const { url, urls, organizationId, otherOrganizationId, users } = fleet;
  const given: PlatformUnderTest = { url, urls: [...urls], organizationId, otherOrganizationId, users };
  project.provide('platform', given);
  return fleet.stop;
}
