import { startPlatform } from '@plinth/testing';
import type { TestProject } from 'vitest/node';
import { type PlatformUnderTest, SETTINGS } from './platform-under-test.ts';

/** One platform for all acceptance tests; each makes the tenants that it needs. */
export async function setup(project: TestProject) {
  const { stop, ...platform } = await startPlatform(SETTINGS);
  const given: PlatformUnderTest = { ...platform, urls: [platform.url] };
  project.provide('platform', given);
  return stop;
}
