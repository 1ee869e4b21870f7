/** What the first start prints: the credentials, this once, and the next commands to paste. */
import type { Bootstrap } from './bootstrap-file.ts'
import type { Issuer } from './domain/issuer.ts'
import { revealSecret } from './keys/secret/secret-text.ts'

export interface WelcomePaths {
  readonly bootstrapPath: string
  /** The certificate that clients have to trust, when the server made its own. */
  readonly authorityPath: string | undefined
}

export function welcome(
  issuer: Issuer,
  bootstrap: Bootstrap,
  { bootstrapPath, authorityPath }: WelcomePaths,
): string {
  return [
    `Tallystick is ready at ${issuer.origin}, for the first time. What follows is printed this once;`,
    `the credentials lie in ${bootstrapPath}, readable by you alone.`,
    '',
    ...trustLines(authorityPath),
    ...starterLines(issuer, bootstrap, authorityPath),
    'Point the wt client here, then upload a rule:',
    '',
    `  npx wt init --url ${issuer.origin} --container ${bootstrap.tenant} --token ${revealSecret(bootstrap.webtaskToken)}`,
    '',
    'Manage APIs, clients, grants and rules:',
    '',
    '  npx tallystick --help',
    '',
    `The operator's client: ${bootstrap.management.clientId}`,
    `its secret:            ${revealSecret(bootstrap.management.secret)}`,
    `its audience:          ${issuer.managementAudience}`,
    '',
  ].join('\n')
}

/** How programs come to trust a server that made its certificate itself. */
export function trustLines(authorityPath: string | undefined): string[] {
  if (authorityPath === undefined) return []
  return [
    'Its certificate comes from a private CA of its own. Programs that run on Node trust it with:',
    '',
    `  export NODE_EXTRA_CA_CERTS=${inShell(authorityPath)}`,
    '',
  ]
}

/** One word of a POSIX shell. */
function inShell(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}

function starterLines(issuer: Issuer, { starter }: Bootstrap, authorityPath: string | undefined): string[] {
  if (!starter) return []
  const body = JSON.stringify({
    client_id: starter.clientId,
    client_secret: revealSecret(starter.secret),
    audience: starter.audience,
    grant_type: 'client_credentials',
  })
  return [
    'Get a token:',
    '',
    `  curl${authorityPath === undefined ? '' : ` --cacert ${inShell(authorityPath)}`} --request POST --url ${issuer.origin}/oauth/token --header 'content-type: application/json' \\`,
    `    --data '${body}'`,
    '',
  ]
}
