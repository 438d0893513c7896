import { readText } from './compose-file.ts';

export interface Dockerfile {
  /** The images it is made from. */
  from: string[];
  user: string | undefined;
  env: Record<string, string>;
  /** The program of its health check. */
  healthcheck: string[];
}

export function readDockerfile(path: string): Dockerfile {
  const lines = readText(path).replaceAll('\\\n', ' ').split('\n');
  const argumentsOf = (instruction: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1)] : []));
  const [healthcheck] = argumentsOf('HEALTHCHECK');
  return {
    from: argumentsOf('FROM').map((from) => from.split(' ')[0] ?? ''),
    user: argumentsOf('USER').at(-1),
    env: Object.fromEntries(
      argumentsOf('ENV').flatMap((line) =>
        line.split(' ').map((pair) => pair.split('=') as [string, string]),
      ),
    ),
    healthcheck: healthcheck ? JSON.parse(healthcheck.slice(healthcheck.indexOf('['))) : [],
  };
}
