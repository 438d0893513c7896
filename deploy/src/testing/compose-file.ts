import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { fillIn, placeholdersIn } from './placeholders.ts';

const text = z.union([z.string(), z.number()]).transform(String);

const service = z.looseObject({
  image: z.string(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  user: z.string().optional(),
  environment: z.record(z.string(), text).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  stop_grace_period: z.string().optional(),
  healthcheck: z
    .object({ test: z.array(z.string()).optional(), disable: z.boolean().default(false) })
    .optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});

const composeFile = z.looseObject({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
  volumes: z.record(z.string(), z.unknown()),
});

export type ComposeService = z.output<typeof service>;

export const inRepository = (path: string): URL => new URL(`../../../${path}`, import.meta.url);

export const readText = (path: string): string => readFileSync(inRepository(path), 'utf8');

/** As it stands there, with anchors and merges resolved. */
export const composeDocument: unknown = parse(readText('docker-compose.yml'), { merge: true });

export const compose = composeFile.parse(composeDocument);

/** The same, once an operator has filled in `.env`. */
export const composeWith = (values: Readonly<Record<string, string>>) =>
  composeFile.parse(
    JSON.parse(JSON.stringify(composeDocument), (_, value: unknown) =>
      typeof value === 'string' ? fillIn(value, values) : value,
    ),
  );

export const composePlaceholders = placeholdersIn(JSON.stringify(composeDocument));
