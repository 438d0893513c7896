import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { writePrivately } from './home.ts';
import { isRunning, markOf, type ProcessMark } from './process-identity.ts';

// Children of a killed supervisor stop by themselves, but not at once. The next start waits for them, so that nothing is served from
// the home twice, and kills those that hang.

const PATIENCE_MS = 5_000;
const POLL_MS = 50;

const marksSchema = z.array(z.object({ pid: z.number(), identity: z.string() }));

function readMarks(file: string): ProcessMark[] {
  try {
    return marksSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}

/** Remembers each child that is started, for the next start to find. */
export function createProcessRecord(file: string): (pid: number) => void {
  let marks: ProcessMark[] = [];
  return (pid) => {
    const mark = markOf(pid);
    marks = [...marks.filter(isRunning), ...(mark ? [mark] : [])];
    writePrivately(file, JSON.stringify(marks));
  };
}

export async function awaitSurvivors(file: string): Promise<void> {
  const survivors = readMarks(file);
  for (const deadline = Date.now() + PATIENCE_MS; survivors.some(isRunning); await sleep(POLL_MS)) {
    if (Date.now() < deadline) continue;
    for (const { pid } of survivors.filter(isRunning)) process.kill(-pid, 'SIGKILL');
  }
}
