import { AppError } from '@plinth/contracts';

// An import holds a connection and a core for as long as it takes, so a workspace has one at a time, and all of them together
// leave most of a cluster's connections to others.

const MAX_IMPORTS = 8;

export type ImportSlots = <T>(workspaceId: string, run: () => Promise<T>) => Promise<T>;

export function createImportSlots(most = MAX_IMPORTS): ImportSlots {
  const running = new Set<string>();
  return async (workspaceId, run) => {
    if (running.has(workspaceId))
      throw new AppError('RATE_LIMITED', {
        message: 'Another import of this workspace is under way',
        details: { policy: 'imports' },
        retryAfter: 5,
      });
    if (running.size >= most) throw new AppError('OVERLOADED', { retryAfter: 5 });
    running.add(workspaceId);
    try {
      return await run();
    } finally {
      running.delete(workspaceId);
    }
  };
}
