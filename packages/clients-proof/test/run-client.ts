/**
 * Runs a program that uses a public client library, as its
 * author would: a process that is told which authority to trust.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compiledCache } from '../../server/test/compiled-cache.ts'
import type { TlsServer } from '../../server/test/tls-server.ts'

const programTimeoutMs = 240_000

export interface ClientEnv {
  readonly AUTH0_CLIENT_ID: string
  readonly AUTH0_CLIENT_SECRET?: string
  readonly AUTH0_AUDIENCE?: string
  readonly [name: string]: string | undefined
}

/** What the program printed, parsed. @throws Error with what it wrote when it fails. */
export async function runClient(program: string, server: TlsServer, env: ClientEnv): Promise<unknown> {
  const path = join(import.meta.dirname, 'programs', `${program}.ts`)
  const { stdout } = await promisify(execFile)(process.execPath, [path], {
    timeout: programTimeoutMs,
    env: {
      PATH: process.env.PATH,
      ...compiledCache,
      NODE_EXTRA_CA_CERTS: server.authorityPath,
      AUTH0_DOMAIN: server.domain,
      ...env,
    },
  })
  return JSON.parse(stdout)
}
