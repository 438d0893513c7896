import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OwnRoute } from '../own-routes.ts';
import { startGateway, type TestGateway } from '../test-gateway.ts';
import { docsRoutes } from './docs-routes.ts';
import { createOpenApi } from './openapi.ts';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const info: OwnRoute = {
  method: 'GET',
  path: '/v1/platform/info',
  handle: ({ send }) => send(200, { 'content-type': 'application/json' }, '{"name":"tried out"}'),
};

const EXAMPLE_KEY = '0d6e2e39-6f3f-4d43-a1b8-3b8e4bd1c9e4';
const optional = { in: 'query', required: false };

describe.runIf(existsSync(CHROMIUM))('the reference page in a browser', () => {
  let gateway: TestGateway;
  let browser: Browser;

  beforeAll(async () => {
    const openApi = createOpenApi({
      services: [],
      publicUrl: 'https://api.example',
      own: () => ({
        openapi: '3.1.0',
        info: { title: 'Plinth', version: '2024-01-01' },
        tags: [{ name: 'Platform' }],
        paths: {
          '/v1/platform/info': {
            get: {
              operationId: 'info',
              tags: ['Platform'],
              summary: 'Say what this is',
              parameters: [
                { ...optional, name: 'status', schema: { type: 'string', enum: ['active', 'deleted'] } },
                { ...optional, name: 'limit', schema: { type: 'integer', default: 20 } },
                { ...optional, name: 'email', schema: { type: 'string', example: 'ada@example.com' } },
                { $ref: '#/components/parameters/IdempotencyKey' },
              ],
              responses: { 200: { description: 'This platform' } },
            },
          },
        },
        components: {
          parameters: {
            IdempotencyKey: {
              name: 'Idempotency-Key',
              in: 'header',
              required: true,
              schema: { type: 'string' },
              example: EXAMPLE_KEY,
            },
          },
        },
      }),
    });
    gateway = await startGateway({ ownRoutes: [...docsRoutes(), ...openApi.routes(), info] });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close(0);
  });

  it('shows the document, tries an operation out with what has to be sent, and talks to nobody but its gateway', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    const strangers: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(`${gateway.url}/`) && !request.url().startsWith('data:'))
        strangers.push(request.url());
    });

    await page.goto(`${gateway.url}/docs`);
    await page.getByRole('link', { name: 'Say what this is' }).first().click();
    await page.getByRole('button', { name: 'Test Request' }).click();
    const sent = page.waitForRequest((request) => request.url().includes('/v1/'));
    await page.getByRole('button', { name: 'Send' }).first().click();
    await page.getByText('"tried out"').waitFor();

    const request = await sent;
    expect(request.url()).toBe(`${gateway.url}/v1/platform/info`);
    expect(request.headers()['idempotency-key']).toMatch(/^[\da-f-]{36}$/);
    expect(request.headers()['idempotency-key']).not.toBe(EXAMPLE_KEY);

    expect(complaints).toEqual([]);
    expect(strangers).toEqual([]);
    await page.close();
  });
});
