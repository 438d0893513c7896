import type { Replica, Replicas } from '@plinth/rpc';
import type { Neighbours } from '@plinth/service';
import { createLine, type Line, type LineOptions } from './line.ts';
import type { Read } from './sent-read.ts';

// The lines of a carrier: each workspace that reads has one to a replica for itself, so none waits behind another. One that is
// alone sends as many at once as are worth it; beside others each has a few under way, and its own wait for its own.

export interface Lines {
  /** Sends it on the line of its workspace; false where that has none, and it has to go by itself. */
  send(replica: Replica, workspaceId: string, read: Read): boolean;
  close(): void;
}

export interface LinesOptions extends Pick<LineOptions, 'connectMs' | 'silenceMs'> {
  /** Which workspaces there are. */
  neighbours: Neighbours<string>;
}

/** To one replica. */
const MAX_LINES = 16;
const MAX_ALONE = 32;
/** Of each workspace, while there are others: whatever a service has at once, everybody waits for. */
const MAX_BESIDE = 4;
/** Nobody waits longer behind another. */
const HELD_UP_MS = 100;
const LOOK_MS = 25;

export function createLines(replicas: Replicas, { neighbours, ...options }: LinesOptions): Lines {
  const linesTo = replicas.all.map((): Line[] => []);
  let looking: NodeJS.Timeout | undefined;
  const together = () => (neighbours.areThere() ? MAX_BESIDE : MAX_ALONE);

  function look(): void {
    looking = undefined;
    const askedBefore = performance.now() - HELD_UP_MS;
    for (const line of linesTo.flat()) {
      line.look(askedBefore);
      if (!line.isIdle()) looking ??= setTimeout(look, LOOK_MS);
    }
  }

  function lineOf(workspaceId: string, { index, url }: Replica): Line | undefined {
    const lines = linesTo[index] ?? [];
    let idle: Line | undefined;
    for (const line of lines) {
      if (line.workspaceId === workspaceId) return line;
      if (line.isIdle()) idle ??= line;
    }
    if (!idle && lines.length < MAX_LINES) {
      idle = createLine({ ...options, url, together });
      lines.push(idle);
    }
    if (idle) idle.workspaceId = workspaceId;
    return idle;
  }

  return {
    send(replica, workspaceId, read) {
      const line = lineOf(workspaceId, replica);
      if (!line?.isOpen()) return false;
      line.send(read);
      looking ??= setTimeout(look, LOOK_MS);
      return true;
    },
    close() {
      clearTimeout(looking);
      for (const line of linesTo.flat()) line.close();
    },
  };
}
