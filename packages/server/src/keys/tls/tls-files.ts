/** A TLS pair that somebody else made, in two files that they replace when it is renewed. */
import { readFileSync, statSync } from 'node:fs'
import { SecretText } from '../secret/secret-text.ts'
import { faultsOfPair, type PairFault, type TlsPair } from './tls-pair.ts'

export interface TlsFiles {
  readonly certificate: string
  readonly key: string
}

export interface ReadTlsFiles {
  /** Undefined when a file cannot be read. */
  readonly pair: TlsPair | undefined
  /** Each completes a sentence that begins with the name of its part. Empty: the pair can serve. */
  readonly faults: readonly PairFault[]
}

export function readTlsFiles(files: TlsFiles, now: Date): ReadTlsFiles {
  const certificate = readText(files.certificate)
  const key = readText(files.key)
  if (certificate.text === undefined || key.text === undefined) {
    const faults = [faultOf('certificate', certificate), faultOf('key', key)]
    return { pair: undefined, faults: faults.filter((fault) => fault !== undefined) }
  }
  const pair = { certificate: certificate.text, key: new SecretText(key.text) }
  return { pair, faults: faultsOfPair(pair, now) }
}

/** Changes whenever one of the files is written, replaced, or linked anew. */
export function stampOf(files: TlsFiles): string {
  return [files.certificate, files.key].map(stampOfFile).join(' ')
}

function stampOfFile(path: string): string {
  try {
    const { ino, size, ctimeMs } = statSync(path)
    return `${ino}:${size}:${ctimeMs}`
  } catch {
    return 'unreadable'
  }
}

interface ReadText {
  readonly text: string | undefined
  readonly reason: string
}

function readText(path: string): ReadText {
  try {
    return { text: readFileSync(path, 'utf8'), reason: '' }
  } catch (error) {
    return {
      text: undefined,
      reason: error instanceof Error && 'code' in error ? String(error.code) : 'unknown',
    }
  }
}

function faultOf(part: PairFault['part'], { text, reason }: ReadText): PairFault | undefined {
  return text === undefined ? { part, text: `names a file that cannot be read (${reason}).` } : undefined
}
