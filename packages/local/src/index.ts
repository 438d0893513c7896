export { inheritedEnv, type LocalSettings, localSettings } from './env.ts';
export { entryOf, environmentOf } from './environment.ts';
export { type Home, openHome } from './home.ts';
export { childrenOf, memoryOf } from './memory.ts';
export { createPorts, HOST } from './ports.ts';
export { createSite, SERVICE_TABLE, type ServiceEntry } from './services.ts';
export { answersOk } from './supervisor/readiness.ts';

/** What a child loads first, to end with whoever has started it. */
export const FOLLOW = new URL('./supervisor/follow.ts', import.meta.url).href;
