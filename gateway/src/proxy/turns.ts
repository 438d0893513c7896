import type { Neighbours } from '@plinth/service';

// What goes to a service by itself: a workspace that is alone has as much of it under way as there are connections, beside
// others a few, and its own wait for its own.

/** To be ended once, begun or not. */
export interface Turn {
  end(): void;
}

export interface Turns {
  /** Begins at once, or when its workspace has room for it. */
  take(workspaceId: string, begin: () => void): Turn;
}

interface Workspace {
  underWay: number;
  waiting: WorkspaceTurn[];
}

const MAX_BESIDE = 4;
/** With more of them known those that ask for nothing are forgotten. */
const MAX_KNOWN = 1_000;

class WorkspaceTurn implements Turn {
  private hasBegun = false;
  private readonly workspace: Workspace;
  private readonly begun: () => void;
  private readonly ended: (workspace: Workspace) => void;

  constructor(workspace: Workspace, begun: () => void, ended: (workspace: Workspace) => void) {
    this.workspace = workspace;
    this.begun = begun;
    this.ended = ended;
  }
  begin(): void {
    this.hasBegun = true;
    this.workspace.underWay++;
    this.begun();
  }
  end(): void {
    const { waiting } = this.workspace;
    if (this.hasBegun) this.workspace.underWay--;
    else waiting.splice(waiting.indexOf(this), 1);
    this.ended(this.workspace);
  }
}

export function createTurns(neighbours: Neighbours<string>): Turns {
  const workspaces = new Map<string, Workspace>();
  const hasRoom = ({ underWay }: Workspace) => underWay < MAX_BESIDE || !neighbours.areThere();

  function beginNext(workspace: Workspace): void {
    while (workspace.waiting.length > 0 && hasRoom(workspace)) workspace.waiting.shift()?.begin();
  }

  function forgetIdle(): void {
    for (const [id, { underWay }] of workspaces) if (underWay === 0) workspaces.delete(id);
  }

  function workspaceOf(id: string): Workspace {
    const known = workspaces.get(id);
    if (known) return known;
    if (workspaces.size >= MAX_KNOWN) forgetIdle();
    const workspace: Workspace = { underWay: 0, waiting: [] };
    workspaces.set(id, workspace);
    return workspace;
  }

  return {
    take(workspaceId, begin) {
      const workspace = workspaceOf(workspaceId);
      const turn = new WorkspaceTurn(workspace, begin, beginNext);
      workspace.waiting.push(turn);
      beginNext(workspace);
      return turn;
    },
  };
}
