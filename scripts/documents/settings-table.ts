import { z } from 'zod';
import { cell, withMadePart } from './made-part.ts';

// The README's tables of settings are made from the schemas that read them, so neither can say what the other does not.

const SETTINGS_BEGIN = '<!-- settings: made by `npm run documents`, from the schemas -->';
const SETTINGS_END = '<!-- /settings -->';

export interface SettingsOf {
  title: string;
  schema: z.ZodType;
}

interface Property {
  description?: string;
  default?: unknown;
  enum?: unknown[];
}

const code = (value: unknown): string => (value === '' ? '' : `\`${value}\``);

function rows(schema: z.ZodType): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  }) as {
    properties?: Record<string, Property>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description = '', default: fallback, enum: values }]) => {
    const value = fallback === undefined ? (required.includes(name) ? '**required**' : '') : code(fallback);
    const choices = values ? ` One of ${values.map(code).join(', ')}.` : '';
    return `| \`${name}\` | ${value} | ${cell(description + choices)} |`;
  });
}

export function renderSettings(tables: readonly SettingsOf[]): string {
  const rendered = tables.map(({ title, schema }) =>
    [`**${title}**`, '', '| setting | default | what it is |', '| --- | --- | --- |', ...rows(schema)].join(
      '\n',
    ),
  );
  return rendered.join('\n\n');
}

export const withSettings = (readme: string, tables: readonly SettingsOf[]): string =>
  withMadePart(readme, SETTINGS_BEGIN, SETTINGS_END, renderSettings(tables));
