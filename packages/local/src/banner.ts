import type { Paint } from './supervisor/log-lines.ts';

export interface BannerRow {
  process: string;
  address: string;
  standsOn: string;
  memory: number | undefined;
  isReady: boolean;
}

export interface BannerFacts {
  gateway: string;
  seconds: number;
  rows: readonly BannerRow[];
  admin: { email: string; password: string };
  /** A generated password is shown once, on the start that makes the account. */
  showPassword: boolean;
  localFile: string;
  paint: Paint;
}

const TITLES = ['process', 'address', 'stands on', 'memory', 'health'];

function table(rows: readonly BannerRow[], paint: Paint): string[] {
  const cells = rows.map(({ process, address, standsOn, memory, isReady }) => [
    process,
    address,
    standsOn,
    memory === undefined ? '-' : `${memory} MiB`,
    isReady ? 'ready' : 'not ready',
  ]);
  const widths = TITLES.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd();
  return [paint('gray', line(TITLES)), ...cells.map(line)];
}

export function renderBanner(facts: BannerFacts): string {
  const { gateway, seconds, rows, admin, showPassword, localFile, paint } = facts;
  const password = showPassword
    ? `password ${admin.password} (shown this once, kept in ${localFile})`
    : `password in ${localFile}`;
  return [
    '',
    paint('bold', `Plinth is ready at ${gateway} (${seconds.toFixed(1)} s)`),
    '',
    ...table(rows, paint),
    '',
    `  Sign in   ${admin.email}, ${password}`,
    `  Docs      ${gateway}/docs`,
    `  Try       curl -s ${gateway}/v1/platform/info`,
    '  Stop      Ctrl-C; begin anew with: npm start -- --reset',
    '',
  ].join('\n');
}
