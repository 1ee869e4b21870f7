/**
 * Where is my server, and with which client do I sign in? Flag before environment before the project's
 * `data/bootstrap.json` before the user's own file. A file's credentials are used with the origin that
 * the same file names and with no other: a `--url` must never carry somebody's secret elsewhere.
 */
import { join, resolve } from 'node:path'
import { bootstrapFileName, parseBootstrapFile } from './bootstrap-file.ts'
import { readEnvCredentials } from './environment-credentials.ts'
import { Failure } from './failure.ts'
import { readPrivateFile } from './private-file.ts'
import type { ClientCredentials, ClientOfApi, ServerAccess } from './sign-in/client-credentials.ts'
import type { Environment } from './terminal.ts'
import { parseUserProfile, userProfilePath } from './user-profile.ts'

export interface Profile {
  /** Scheme, host and port of the tenant's issuer. */
  readonly origin: string
  /** What assertions and proofs are for. */
  readonly issuer: string
  /** Audience of the management API. */
  readonly managementAudience: string
  /** Undefined: a server is known, and no client to sign in with. */
  readonly credentials: ClientCredentials | undefined
  /** The server is known to give that client bound tokens alone. */
  readonly needsBinding: boolean
  /** The starter's machine client, when the project file tells of one. */
  readonly starter: ClientOfApi | undefined
  /** Where the origin and the credentials were found, in words. */
  readonly source: { readonly origin: string; readonly credentials: string | undefined }
  /** The local server's data folder, when the project file was found. */
  readonly dataDir: string | undefined
}

export interface ProfileDeps {
  /** `--url`. */
  readonly url: string | undefined
  readonly env: Environment
  readonly workingDir: string
}

const defaultOrigin = 'http://localhost:8420'

/** What one place knows. */
interface ProfileSource extends ServerAccess {
  readonly name: string
  readonly starter?: ClientOfApi | undefined
  readonly dataDir?: string
}

export async function findProfile(deps: ProfileDeps): Promise<Profile> {
  const files = await readSources(deps)
  const asked = askedOrigin(deps)
  const chosen = asked ?? files[0] ?? { name: 'the default', origin: defaultOrigin }
  const matching = files.find((file) => file.origin === chosen.origin)
  const fromEnv = await readEnvCredentials(deps.env)
  return {
    origin: chosen.origin,
    // A server reached by another address than its origin (a tunnel, a forwarded port) keeps its issuer and audience.
    issuer: askedIssuer(deps) ?? matching?.issuer ?? `${chosen.origin}/`,
    managementAudience:
      deps.env.TALLYSTICK_AUDIENCE || matching?.managementAudience || `${chosen.origin}/api/v2/`,
    credentials: fromEnv ?? matching?.credentials,
    needsBinding: fromEnv === undefined && matching?.needsBinding === true,
    starter: matching?.starter,
    source: {
      origin: chosen.name,
      credentials: fromEnv ? 'the environment' : matching?.name,
    },
    dataDir: matching?.dataDir,
  }
}

/** @throws Failure (usage) when the text is no origin. */
export function parseOrigin(rawUrl: string, name: string): string {
  const url = URL.canParse(rawUrl) ? new URL(rawUrl) : undefined
  const isOrigin = url && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (isOrigin && ['http:', 'https:'].includes(url.protocol)) return url.origin
  throw new Failure('usage', {
    what: `${name} is not the origin of a server.`,
    why: 'It needs http or https, a host and perhaps a port, without path, query or credentials.',
    todo: `Write it like ${defaultOrigin}`,
  })
}

function askedOrigin({ url, env }: ProfileDeps): { name: string; origin: string } | undefined {
  if (url !== undefined) return { name: '--url', origin: parseOrigin(url, '--url') }
  const fromEnv = env.TALLYSTICK_URL
  if (fromEnv) return { name: 'TALLYSTICK_URL', origin: parseOrigin(fromEnv, 'TALLYSTICK_URL') }
  return undefined
}

function askedIssuer({ env }: ProfileDeps): string | undefined {
  const issuer = env.TALLYSTICK_ISSUER
  return issuer ? `${parseOrigin(issuer, 'TALLYSTICK_ISSUER')}/` : undefined
}

async function readSources({ env, workingDir }: ProfileDeps): Promise<ProfileSource[]> {
  const dataDir = resolve(workingDir, env.TALLYSTICK_DATA_DIR || 'data')
  const projectPath = join(dataDir, bootstrapFileName)
  const userPath = userProfilePath(env)
  const [project, user] = await Promise.all([readPrivateFile(projectPath), readPrivateFile(userPath)])
  const sources: ProfileSource[] = []
  if (project !== undefined) {
    sources.push({ ...parseBootstrapFile(project, projectPath), name: projectPath, dataDir })
  }
  if (user !== undefined) sources.push({ ...parseUserProfile(user, userPath), name: userPath })
  return sources
}
