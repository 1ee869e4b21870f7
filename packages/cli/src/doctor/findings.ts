/** The doctor's checks, in the order in which a token request depends on them. */
import type { CommandContext } from '../command-context.ts'
import { Failure } from '../failure.ts'
import type { Profile } from '../profile.ts'
import { openConnection } from '../sign-in/management-connection.ts'
import { checkDataDir } from './data-dir.ts'
import type { Finding } from './finding.ts'
import { checkClock, checkHealth, checkIssuer, checkReadiness } from './server-checks.ts'
import { checkCertificate } from './tls-check.ts'

export type { Finding } from './finding.ts'

export async function* findings(context: CommandContext): AsyncGenerator<Finding> {
  yield ok('Node.js', process.versions.node)
  const profile = await attempt('profile', context.findProfile)
  if (isFinding(profile)) {
    yield profile
    return
  }
  yield ok('profile', `${profile.origin}, by ${profile.source.origin}`)
  if (profile.dataDir !== undefined) yield* await checkDataDir(profile.dataDir)
  const health = await checkHealth(context.fetch, profile.origin)
  yield health.finding
  if (!health.response) {
    yield { check: 'everything behind it', state: 'skipped', found: 'the server is not reached' }
    return
  }
  yield* await checkCertificate(profile.origin, context.now())
  yield checkClock(health.response, context.now())
  yield await checkReadiness(context.fetch, profile.origin)
  yield await checkIssuer(context.fetch, profile.origin)
  yield* checkManagement(context, profile)
}

async function* checkManagement(context: CommandContext, profile: Profile): AsyncGenerator<Finding> {
  const check = 'management API'
  const settings = await attempt(check, async () => openConnection(context, profile).tenantSettings.get())
  yield isFinding(settings)
    ? settings
    : ok(check, `tenant ${settings.friendly_name}, signed in by ${profile.source.credentials ?? 'nothing'}`)
}

function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found }
}

function isFinding(value: object): value is Finding {
  return 'check' in value && 'state' in value
}

/** A failure on the way is what the doctor looks for. */
async function attempt<Value extends object>(
  check: string,
  step: () => Promise<Value>,
): Promise<Value | Finding> {
  try {
    return await step()
  } catch (error) {
    const { toFailure } = await import('../to-failure.ts')
    const failure = error instanceof Failure ? error : toFailure(error, new AbortController().signal)
    const { what, why, todo } = failure.text
    return { check, state: 'failed', found: `${what} ${why}`, todo }
  }
}
