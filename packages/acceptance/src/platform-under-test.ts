import type { PlatformUsers } from '@plinth/testing';

declare module 'vitest' {
  interface ProvidedContext {
    platform: PlatformUnderTest;
  }
}

export interface PlatformUnderTest {
  /** What the platform calls itself. */
  url: string;
  /** Of every gateway. */
  urls: string[];
  /** The state folder, where `npm start` runs it. */
  home?: string;
  organizationId: string;
  otherOrganizationId: string;
  users: PlatformUsers;
}

export const SETTINGS = { PLINTH_SIGNUPS: 'open' };
