/** The user's own file, written by `tallystick login`: one server, one client, readable by its owner alone. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failure } from './failure.ts'
import { parseJsonObject, textMember } from './json-object.ts'
import { revealSecret, SecretText } from './secret-text.ts'
import type { ServerAccess } from './sign-in/client-credentials.ts'
import type { Environment } from './terminal.ts'

/** Under the XDG configuration folder. */
export function userProfilePath(env: Environment): string {
  const configDir = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config')
  return join(configDir, 'tallystick', 'profile.json')
}

/** @throws Failure when the text is not what `tallystick login` writes. */
export function parseUserProfile(text: string, path: string): ServerAccess {
  const file = parseJsonObject(text)
  const origin = file && textMember(file, 'origin')
  const managementAudience = file && textMember(file, 'audience')
  const clientId = file && textMember(file, 'client_id')
  const secret = file && textMember(file, 'client_secret')
  if (!origin || !managementAudience || !clientId || !secret || !URL.canParse(origin)) {
    throw new Failure('failed', {
      what: `${path} cannot be read.`,
      why: 'It is not the JSON that `tallystick login` writes.',
      todo: 'Run `tallystick logout`, then `tallystick login` again.',
    })
  }
  return {
    origin: new URL(origin).origin,
    managementAudience,
    credentials: { clientId, secret: new SecretText(secret) },
  }
}

export function formatUserProfile(access: ServerAccess): string {
  const file = {
    origin: access.origin,
    audience: access.managementAudience,
    client_id: access.credentials.clientId,
    client_secret: revealSecret(access.credentials.secret),
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}
