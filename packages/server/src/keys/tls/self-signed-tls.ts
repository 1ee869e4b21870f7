/**
 * `<data>/tls/`: a private authority, made once and kept, and the certificate it issued to this server, which is
 * made anew before it ends or when the server gets a name that is not in it. Programs trust the authority, so
 * what is below it may change at any time.
 */
import type { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { writeDurably } from '../secret/durable-file.ts'
import { revealSecret, SecretText } from '../secret/secret-text.ts'
import { createAuthority, issueServerPair } from './private-authority.ts'
import { faultsOfPair, parseCertificate, type TlsPair } from './tls-pair.ts'
import { TlsUnusableError } from './tls-unusable-error.ts'

/** A certificate that ends sooner than this is replaced. */
const renewedBeforeMs = 30 * 86_400_000

export interface SelfSignedTls {
  /** Whoever trusts this file trusts the server. */
  readonly authorityPath: string
  /** A pair for all these host names and addresses: the stored one while it suffices, otherwise a new one. */
  pairFor(hosts: readonly string[], now: Date): Promise<TlsPair>
}

/** @throws TlsUnusableError when the folder cannot be written, or what lies there is broken. */
export async function openSelfSignedTls(dataDir: string, now: Date): Promise<SelfSignedTls> {
  const folder = join(dataDir, 'tls')
  const authorityFiles = { certificate: join(folder, 'ca.pem'), key: join(folder, 'ca-key.pem') }
  const serverFiles = { certificate: join(folder, 'server.pem'), key: join(folder, 'server-key.pem') }
  const authority = await openAuthority(folder, authorityFiles, now)
  return {
    authorityPath: authorityFiles.certificate,
    async pairFor(hosts, at) {
      const stored = readPair(serverFiles)
      if (stored && willDo(stored, authority, hosts, at)) return stored
      const pair = await issueServerPair(authority, hosts, at)
      writePair(serverFiles, pair)
      return pair
    },
  }
}

interface PairFiles {
  readonly certificate: string
  readonly key: string
}

async function openAuthority(folder: string, files: PairFiles, now: Date): Promise<TlsPair> {
  const stored = readPair(files)
  if (stored === undefined) {
    const made = await createAuthority(now)
    makeFolder(folder)
    writePair(files, made)
    return made
  }
  const [fault] = faultsOfPair(stored, now)
  if (fault === undefined) return stored
  // Not replaced by us: programs out there trust this one, and would stop trusting the server.
  throw new TlsUnusableError([
    `The private authority in ${files[fault.part]} ${fault.text} Restore ${folder}, or delete it: a new one is made then, and every client has to trust it anew.`,
  ])
}

/** Undefined when either file is missing: a first start that was cut short left the key alone. */
function readPair(files: PairFiles): TlsPair | undefined {
  if (!existsSync(files.certificate) || !existsSync(files.key)) return undefined
  try {
    return {
      certificate: readFileSync(files.certificate, 'utf8'),
      key: new SecretText(readFileSync(files.key, 'utf8')),
    }
  } catch (cause) {
    throw new TlsUnusableError(
      [`${files.certificate} and ${files.key} cannot be read. Make them readable.`],
      {
        cause,
      },
    )
  }
}

function willDo(pair: TlsPair, authority: TlsPair, hosts: readonly string[], now: Date): boolean {
  const certificate = parseCertificate(pair.certificate)
  const issuer = parseCertificate(authority.certificate)
  if (certificate === undefined || issuer === undefined) return false
  // No certificate outlasts its authority, so close to that one's end renewing gains nothing.
  const goodUntil = Math.min(now.getTime() + renewedBeforeMs, issuer.validToDate.getTime())
  if (faultsOfPair(pair, new Date(goodUntil)).length > 0) return false
  return certificate.verify(issuer.publicKey) && hosts.every((host) => names(certificate, host))
}

function names(certificate: X509Certificate, host: string): boolean {
  const found = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)
  return found !== undefined
}

function writePair(files: PairFiles, pair: TlsPair): void {
  try {
    // The key first: one that has no certificate is never used.
    writeDurably(files.key, revealSecret(pair.key), 0o600)
    writeDurably(files.certificate, pair.certificate, 0o644)
  } catch (cause) {
    throw new TlsUnusableError([`${files.certificate} cannot be written. Make its folder writable.`], {
      cause,
    })
  }
}

function makeFolder(path: string): void {
  try {
    if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
  } catch (cause) {
    throw new TlsUnusableError([`The folder ${path} cannot be made. Make the data folder writable.`], {
      cause,
    })
  }
}
