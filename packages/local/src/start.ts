import { resolve } from 'node:path';
import { SERVICES } from '@plinth/contracts';
import { writeServiceKeys } from '@plinth/passport';
import { type BannerRow, renderBanner } from './banner.ts';
import { ensureBootstrapFile } from './bootstrap-file.ts';
import type { LocalSettings } from './env.ts';
import { emptyHome, holdHome, openHome, processesFileOf } from './home.ts';
import { writeLocalFile } from './local-file.ts';
import { memoryOf } from './memory.ts';
import { HOST, requireFreePort } from './ports.ts';
import { describeProcesses, type LocalProcess } from './specs.ts';
import { DEFAULT_BACKOFF } from './supervisor/backoff.ts';
import { createPrefixer, type Paint } from './supervisor/log-lines.ts';
import { answersOk } from './supervisor/readiness.ts';
import { createSupervisor, type Supervisor } from './supervisor/supervisor.ts';
import { awaitSurvivors, createProcessRecord } from './survivors.ts';

const START_MS = 180_000;
const STOP_MS = 10_000;

export interface StartOptions {
  settings: LocalSettings;
  inherited: Record<string, string>;
  reset: boolean;
  write: (text: string) => void;
  paint: Paint;
}

export interface LocalPlinth {
  /** Resolves when all is ready and the banner is shown; rejects with a StartFailure. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Everything up to the first process: whatever can be refused is refused here. */
export async function preparePlinth(options: StartOptions): Promise<LocalPlinth> {
  const { settings, inherited, reset, write, paint } = options;
  const began = performance.now();
  const dir = resolve(settings.PLINTH_HOME);
  const gateway = `http://${HOST}:${settings.PLINTH_PORT}`;
  const release = holdHome(dir, gateway);
  try {
    await requireFreePort(settings.PLINTH_PORT);
    await awaitSurvivors(processesFileOf(dir));
    if (reset) {
      const left = emptyHome(dir);
      write(`Plinth: ${dir} begins anew${left.length > 0 ? `; left alone: ${left.join(', ')}` : ''}\n`);
    }
    const home = openHome(dir);
    await writeServiceKeys({ directory: home.keysDir, services: SERVICES });
    const bootstrap = ensureBootstrapFile(home.bootstrapFile, {
      email: settings.PLINTH_ADMIN_EMAIL,
      password: settings.PLINTH_ADMIN_PASSWORD,
    });
    if (bootstrap.passwordIgnored) {
      write(`Plinth: ${bootstrap.admin.email} has a password already; PLINTH_ADMIN_PASSWORD is ignored\n`);
    }

    const processes = await describeProcesses({ settings, home, publicUrl: gateway }, inherited);
    const onLine = createPrefixer(
      processes.map(({ spec }) => spec.name),
      { write, paint },
    );
    const supervisor = createSupervisor(
      processes.map(({ spec }) => spec),
      {
        backoff: DEFAULT_BACKOFF,
        startMs: START_MS,
        stopMs: STOP_MS,
        onLine,
        onNotice: (name, notice) => onLine(name, paint('yellow', `${name} ${notice}`)),
        onSpawn: createProcessRecord(home.processesFile),
      },
    );
    let isStopping = false;
    return {
      async start() {
        await supervisor.start();
        if (isStopping) return;
        writeLocalFile(home.localFile, { gateway, ...bootstrap });
        write(
          `${renderBanner({
            gateway,
            seconds: (performance.now() - began) / 1000,
            rows: await describeRows(processes, supervisor),
            admin: bootstrap.admin,
            showPassword: bootstrap.isNew && settings.PLINTH_ADMIN_PASSWORD === undefined,
            localFile: home.localFile,
            paint,
          })}\n`,
        );
      },
      async stop() {
        isStopping = true;
        await supervisor.stop();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function describeRows(processes: readonly LocalProcess[], supervisor: Supervisor): Promise<BannerRow[]> {
  return Promise.all(
    processes.map(async ({ spec, address, standsOn }) => {
      const pid = supervisor.children.find(({ name }) => name === spec.name)?.pid();
      return {
        process: spec.name,
        address,
        standsOn,
        memory: pid === undefined ? undefined : memoryOf(pid),
        isReady: spec.readiness.kind === 'http' ? await answersOk(spec.readiness.url) : pid !== undefined,
      };
    }),
  );
}
