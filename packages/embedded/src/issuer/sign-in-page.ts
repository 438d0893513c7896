import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Interaction, type Provider } from 'oidc-provider';
import { readForm } from './form.ts';
import { escapeHtml, pageHeaders, renderPage } from './page.ts';
import type { SignIn, SignInResult } from './sign-in.ts';

// Where oidc-provider sends a browser that has to sign in. The address is worth nothing without the interaction
// cookie, which is signed and SameSite, so another site can neither open nor post the form.

interface Attempt {
  email: string;
  problem?: string;
}

function signInForm({ email, problem }: Attempt): string {
  const error = problem ? `<p class="error" role="alert" id="problem">${escapeHtml(problem)}</p>` : '';
  const described = problem ? ' aria-invalid="true" aria-describedby="problem"' : '';
  return `<p>Use your e-mail address and password.</p>
${error}
<form method="post">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="320" value="${escapeHtml(email)}"${email ? '' : ' autofocus'}${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"${email ? ' autofocus' : ''}${described}>
<button type="submit">Sign in</button>
</form>`;
}

function problemOf(result: Exclude<SignInResult, { outcome: 'accepted' }>): string {
  return result.outcome === 'refused'
    ? 'The e-mail address or the password is wrong.'
    : `Too many failed attempts. Try again in ${result.retryAfter} s.`;
}

function send(res: ServerResponse, status: number, redirectUri: string | undefined, html: string): void {
  res.writeHead(status, pageHeaders(redirectUri)).end(html);
}

export function createSignInPage(provider: Provider, signIn: SignIn) {
  const show = (res: ServerResponse, status: number, { params }: Interaction, attempt: Attempt): void =>
    send(res, status, params.redirect_uri, renderPage('Sign in', signInForm(attempt)));

  async function answer(req: IncomingMessage, res: ServerResponse, interaction: Interaction): Promise<void> {
    const form = await readForm(req);
    const email = form.get('email')?.trim() ?? '';
    const result = await signIn(email, form.get('password') ?? '');
    if (result.outcome === 'accepted') {
      return provider.interactionFinished(req, res, { login: { accountId: result.user.id, amr: ['pwd'] } });
    }
    const status = result.outcome === 'refused' ? 401 : 429;
    return show(res, status, interaction, { email, problem: problemOf(result) });
  }

  return async (req: IncomingMessage, res: ServerResponse, uid: string): Promise<void> => {
    let interaction: Interaction;
    try {
      interaction = await provider.interactionDetails(req, res);
      if (interaction.uid !== uid) throw new errors.SessionNotFound('another interaction');
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      const advice = '<p>This sign-in has expired. Go back to where you came from and start again.</p>';
      return send(res, 400, undefined, renderPage('Start again', advice));
    }
    // All clients are our own: what they ask for is granted without asking.
    if (interaction.prompt.name === 'consent') {
      return provider.interactionFinished(req, res, { consent: {} });
    }
    if (req.method === 'POST') return answer(req, res, interaction);
    return show(res, 200, interaction, { email: interaction.params.login_hint ?? '' });
  };
}
