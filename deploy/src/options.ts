import { parseArgs } from 'node:util';
import { SERVICES, type ServiceName } from '@plinth/contracts';
import { SettingsError } from '@plinth/service';
import { setupSettings } from './env.ts';

export interface Options {
  help: boolean;
  rotate: ServiceName | undefined;
}

export const usage = (): string => `Usage: node deploy/src/main.ts [--rotate <service>]

Makes what a deployment needs before its first start: the databases and logins, the keys of the services, and the files that
name the first user. Run it as often as you like: what is there stays, except that a changed password of a login is set.

  --rotate <service>  gives one service a new key instead (${SERVICES.join(', ')}); nothing needs a restart
  --help              this page

Settings, from the environment:
${Object.entries(setupSettings.shape)
  .map(([name, schema]) => `  ${name.padEnd(15)}  ${schema.meta()?.description ?? ''}`)
  .join('\n')}
`;

export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: { help: { type: 'boolean', short: 'h', default: false }, rotate: { type: 'string' } },
  });
  const rotate = SERVICES.find((service) => service === values.rotate);
  if (values.rotate !== undefined && rotate === undefined) {
    throw new SettingsError(`--rotate needs one of ${SERVICES.join(', ')}`);
  }
  return { help: values.help, rotate };
}
