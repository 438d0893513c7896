import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import { installDebian } from './debian.ts';
import type { StartOptions } from './system.ts';

const program = '/usr/bin/mvn';
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';

/** Puts one file from Maven Central (`group:artifact:version:packaging`) into a folder. */
export async function copyFromMaven(artifact: string, folder: string, options: StartOptions): Promise<void> {
  await installDebian({ 'openjdk-17-jre-headless': '/usr/bin/java', maven: program }, options);
  options.log(`Maven: ${artifact}`);
  // A repository of its own: else the person's ~/.m2 keeps a second copy of a large file.
  const repository = join(folder, '.maven');
  await run(
    program,
    [
      ...['-B', '-q', '-ntp', `-Dmaven.repo.local=${repository}`, '-Dmaven.wagon.http.retryHandler.count=5'],
      ...[copyGoal, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`],
    ],
    { cwd: folder, signal: options.signal },
  );
  await rm(repository, { recursive: true });
}
