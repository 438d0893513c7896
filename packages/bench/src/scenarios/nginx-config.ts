import { join } from 'node:path';

/** nginx as a plain proxy: connections to the route kept alive, and a line of log. It verifies and limits nothing. */
export const nginxConfig =
  (upstream: string) =>
  ({ port, folder }: { port: number; folder: string }): string =>
    `
access_log ${join(folder, 'access.log')} combined buffer=64k flush=1s;
keepalive_requests 1000000000;
upstream route { server ${new URL(upstream).host}; keepalive 64; keepalive_requests 1000000000; }
server {
  listen 127.0.0.1:${port};
  location / {
    proxy_pass http://route;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Request-Id $request_id;
  }
}`;
