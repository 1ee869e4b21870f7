/** What the first start prints: the credentials, this once, and the next commands to paste. */
import type { Bootstrap } from './bootstrap-file.ts'
import type { Issuer } from './domain/issuer.ts'
import { revealSecret } from './keys/secret-text.ts'

export function welcome(issuer: Issuer, bootstrap: Bootstrap, bootstrapPath: string): string {
  return [
    `Tallystick is ready at ${issuer.origin}, for the first time. What follows is printed this once;`,
    `the credentials lie in ${bootstrapPath}, readable by you alone.`,
    '',
    ...starterLines(issuer, bootstrap),
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

function starterLines(issuer: Issuer, { starter }: Bootstrap): string[] {
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
    `  curl --request POST --url ${issuer.origin}/oauth/token --header 'content-type: application/json' \\`,
    `    --data '${body}'`,
    '',
  ]
}
