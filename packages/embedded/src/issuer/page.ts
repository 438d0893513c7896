import { createHash } from 'node:crypto';

// The issuer's few pages: plain HTML and one style sheet, no script, nothing from elsewhere.

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#16181d, #eceef2); --soft: light-dark(#5b6270, #a3abba);
  --page: light-dark(#f3f4f7, #0e1014); --card: light-dark(#fff, #181b21); --line: light-dark(#c9ced8, #3a404c);
  --accent: light-dark(#2f5bd8, #86a5ff); --on-accent: light-dark(#fff, #0e1014); --bad: light-dark(#b3261e, #ff9d94); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(24rem, 100%); padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; }
h1 { margin: 0 0 .25rem; font-size: 1.375rem; line-height: 1.3; }
p { margin: 0 0 1.25rem; color: var(--soft); overflow-wrap: anywhere; }
label { display: block; margin: 0 0 .25rem; font-weight: 600; font-size: .875rem; }
input { width: 100%; margin: 0 0 1rem; padding: .625rem .75rem; font: inherit; color: inherit;
  background: var(--page); border: 1px solid var(--line); border-radius: .5rem; }
button { width: 100%; margin: .25rem 0 0; padding: .6875rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: .5rem; }
button.quiet { margin-top: .75rem; color: var(--ink); background: none; border-color: var(--line); }
:is(input, button):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.error { padding: .625rem .75rem; color: var(--bad); border: 1px solid currentColor; border-radius: .5rem; }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);

export function renderPage(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Plinth</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`;
}

/** `redirectUri`: where the form's answer may lead, which browsers check against form-action as well. */
export function pageHeaders(redirectUri: string | undefined): Record<string, string> {
  const target = redirectUri && URL.parse(redirectUri);
  const source = target && (target.origin === 'null' ? target.protocol : target.origin);
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    `form-action 'self'${source ? ` ${source}` : ''}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}
