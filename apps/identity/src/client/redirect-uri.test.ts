import { expect, test } from 'vitest';
import { redirectUriProblem } from './redirect-uri.ts';

test.each([
  'https://shop.example.com/callback',
  'https://shop.example.com',
  'https://shop.example.com/',
  'https://shop.example.com:8443/a/b?c=d&e=%20',
  'https://203.0.113.7/callback',
  'http://localhost/callback',
  'http://localhost:5173/',
  'http://127.0.0.1:9/callback',
  'http://[::1]:9/callback',
  'com.example.app:/callback',
  'com.example.app://callback',
  'com.example.my-app:/oauth2/callback?x=1',
])('takes %s', (uri) => {
  expect(redirectUriProblem(uri)).toBeUndefined();
});

test.each([
  ['', 'a character'],
  ['/callback', 'not an absolute URI'],
  ['//shop.example.com/callback', 'not an absolute URI'],
  ['shop.example.com/callback', 'not an absolute URI'],
  ['https://', 'not an absolute URI'],
  ['http://shop.example.com/callback', 'https, http to localhost'],
  ['http://localhost.example.com/', 'https, http to localhost'],
  ['http://127.0.0.1.example.com/', 'https, http to localhost'],
  ['http://127.0.0.2/', 'https, http to localhost'],
  ['javascript:alert(1)', 'https, http to localhost'],
  ['data:text/html,x', 'https, http to localhost'],
  ['file:///etc/passwd', 'https, http to localhost'],
  ['myapp:/callback', 'https, http to localhost'],
  ['ftp://shop.example.com/', 'https, http to localhost'],
  ['com.:/callback', 'https, http to localhost'],
  ['https://*.example.com/callback', 'a wildcard'],
  ['https://shop.example.com/*', 'a wildcard'],
  ['https://shop.example.com/#token', 'no fragment'],
  ['com.example.app:/callback#', 'no fragment'],
  ['https://ada:secret@shop.example.com/', 'no credentials'],
  ['https://@shop.example.com/', 'no credentials'],
  ['https://shop.example.com@evil.example/', 'no credentials'],
  ['com.example.app://ada@callback', 'no credentials'],
  ['https://shop.example.com/a b', 'a character'],
  ['https://shop.example.com/\u0000', 'a character'],
  ['https://shop.example.com/\n', 'a character'],
  ['https://shop.example.com\\@evil.example/', 'a character'],
  ['https://shöp.example.com/', 'a character'],
  ['HTTPS://shop.example.com/', 'normal form'],
  ['https://Shop.example.com/', 'normal form'],
  ['https://shop.example.com:443/', 'normal form'],
  ['https://shop.example.com/a/../b', 'normal form'],
  ['https://shop.example.com/%2e%2e/b', 'normal form'],
  ['http://0x7f000001/', 'normal form'],
  ['http://2130706433/', 'normal form'],
  ['https:shop.example.com', 'normal form'],
])('refuses %j', (uri, problem) => {
  expect(redirectUriProblem(uri)).toContain(problem);
});
