/**
 * The token of the platform that this program runs on: from a file, from an environment variable, or asked for. It is
 * read for each request, since platforms replace it and a server may accept each one once.
 */
import { readFile } from 'node:fs/promises'
import { Failure } from '../failure.ts'
import type { Fetch } from '../http.ts'
import { parseJsonObject, textMember } from '../json-object.ts'
import type { Environment } from '../terminal.ts'
import type { Platform, WorkloadTokenSource } from './client-credentials.ts'

export interface WorkloadTokenDeps {
  readonly env: Environment
  readonly fetch: Fetch
}

/** @throws Failure that quotes nothing of the token. */
export async function readWorkloadToken(
  deps: WorkloadTokenDeps,
  source: WorkloadTokenSource,
  audience: string,
): Promise<string> {
  switch (source.kind) {
    case 'file':
      return compactJwt(await readTokenFile(source.path), source.path)
    case 'variable':
      return compactJwt(deps.env[source.name] ?? '', source.name)
    case 'platform':
      return compactJwt(await askers[source.name](deps, audience), source.name)
  }
}

const compactForm = /^[\w-]+\.[\w-]+\.[\w-]+$/

function compactJwt(text: string, where: string): string {
  const token = text.trim()
  if (compactForm.test(token)) return token
  throw new Failure('usage', {
    what: `There is no workload token in ${where}.`,
    why: token === '' ? 'Nothing stands there.' : 'What stands there is no compact JWT.',
    todo: 'Let the platform put its token there, with the issuer of the server as its audience.',
  })
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Failure('usage', {
      what: `The workload token in ${path} cannot be read.`,
      why: error instanceof Error ? error.message : String(error),
      todo: 'Name the file into which the platform puts its token.',
    })
  }
}

const askers = {
  'github-actions': askGithub,
} satisfies Record<Platform, (deps: WorkloadTokenDeps, audience: string) => Promise<string>>

/** What GitHub sets in a job with `permissions: id-token: write`. */
async function askGithub({ env, fetch }: WorkloadTokenDeps, audience: string): Promise<string> {
  const url = URL.parse(env.ACTIONS_ID_TOKEN_REQUEST_URL ?? '')
  const requestToken = env.ACTIONS_ID_TOKEN_REQUEST_TOKEN
  if (!url || !requestToken) throw noGithubJob()
  refuseOpenAddress(url)
  url.searchParams.set('audience', audience)
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${requestToken}`, accept: 'application/json' },
    // A redirect would carry the job's token to wherever it points.
    redirect: 'manual',
  })
  const body = parseJsonObject(await response.text())
  const token = response.ok && body ? textMember(body, 'value') : undefined
  if (token !== undefined) return token
  throw new Failure(response.status >= 500 ? 'unavailable' : 'not_allowed', {
    what: 'GitHub gave no token for this job.',
    why: `${url.origin} answered with status ${response.status}.`,
    todo: 'Check `permissions: id-token: write` of the job, and run it again.',
  })
}

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

function refuseOpenAddress(url: URL): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname))) return
  throw new Failure('usage', {
    what: 'GitHub is not asked for a token.',
    why: 'ACTIONS_ID_TOKEN_REQUEST_URL is no https address: what asks for tokens would travel in the open.',
    todo: 'Let the runner set ACTIONS_ID_TOKEN_REQUEST_URL.',
  })
}

function noGithubJob(): Failure {
  return new Failure('usage', {
    what: 'There is no job of GitHub Actions to ask a token for.',
    why: 'ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not both set.',
    todo: 'Give the job `permissions: id-token: write`.',
  })
}
