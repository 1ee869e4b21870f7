/** The doctor's checks, in the order in which a token request depends on them. */
import { ManagementApiError } from '@tallystick/management-api/connect'
import type { CommandContext } from '../command-context.ts'
import { Failure } from '../failure.ts'
import type { Profile } from '../profile.ts'
import { openConnection } from '../sign-in/management-connection.ts'
import { checkDataDir } from './data-dir.ts'
import type { Finding } from './finding.ts'
import { checkClock, checkHealth, checkIssuer, checkReadiness } from './server-checks.ts'
import { checkCertificate } from './tls-check.ts'
import { checkWarnings } from './warnings-check.ts'

export type { Finding } from './finding.ts'

export async function* findings(
  context: CommandContext,
  { withinDays }: { readonly withinDays: number },
): AsyncGenerator<Finding> {
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
  yield* checkManagement(context, profile, withinDays)
}

async function* checkManagement(
  context: CommandContext,
  profile: Profile,
  withinDays: number,
): AsyncGenerator<Finding> {
  const check = 'management API'
  const by = `signed in by ${profile.source.credentials ?? 'nothing'}`
  const connection = await attempt(check, async () => openConnection(context, profile))
  if (isFinding(connection)) {
    yield connection
    return
  }
  const settings = await attempt(check, () => connection.tenantSettings.get().catch(asNarrowGrant))
  if (isFinding(settings)) {
    yield settings
    return
  }
  if ('friendly_name' in settings) yield ok(check, `tenant ${settings.friendly_name}, ${by}`)
  else yield ok(check, `${by}; its grant is too narrow to read the settings of the tenant`)
  const warnings = await attempt('what ends', () => checkWarnings(connection, withinDays))
  if (isFinding(warnings)) yield warnings
  else yield* warnings
}

/** Whoever is told so has signed in: a client of one purpose is no fault. */
function asNarrowGrant(error: unknown): { readonly isNarrow: true } {
  if (error instanceof ManagementApiError && error.code === 'insufficient_scope') return { isNarrow: true }
  throw error
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
