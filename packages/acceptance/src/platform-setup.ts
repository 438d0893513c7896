import { startPlatform } from '@plinth/testing';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    platform: Omit<Awaited<ReturnType<typeof startPlatform>>, 'stop'>;
  }
}

/** One platform for all acceptance tests; each makes the tenants that it needs. */
export async function setup(project: TestProject) {
  const { stop, ...platform } = await startPlatform({ PLINTH_SIGNUPS: 'open' });
  project.provide('platform', platform);
  return stop;
}
