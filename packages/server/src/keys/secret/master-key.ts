/**
 * The master key, from which all others are derived. It comes from the settings or lies beside the database, and is
 * created only where there is no data yet: with a new key, old data could never be read again.
 */
import { createSecretKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Installation } from '../../domain/installation.ts'
import { writeDurably } from './durable-file.ts'
import { deriveSubkey, type MasterKey } from './subkey.ts'

/** The server cannot start with this master key. The message is one sentence for its operator. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError'
}

export interface MasterKeySettings {
  /** 32 bytes, base64url. */
  readonly setting: string | undefined
  readonly dataDir: string
  /** Undefined while the database is empty. */
  readonly installation: Installation | undefined
}

const masterKeyBytes = 32
// 43 characters hold 258 bits, so the last one ends in two zero bits; any other text does not encode 32 bytes.
const masterKeyFormat = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** @throws MasterKeyError; nothing has been written then. */
export function openMasterKey({ setting, dataDir, installation }: MasterKeySettings): MasterKey {
  const path = join(dataDir, 'master.key')
  const key = setting === undefined ? keyFromFile(path, installation) : parseSetting(setting)
  if (installation !== undefined && installation.masterKeyFingerprint !== masterKeyFingerprint(key)) {
    const place = setting === undefined ? path : 'TALLYSTICK_MASTER_KEY'
    throw new MasterKeyError(
      `The master key in ${place} is not the one this data folder was made with; put the right one there.`,
    )
  }
  return key
}

/** Says whether a key is the right one, and nothing else about it. */
export function masterKeyFingerprint(key: MasterKey): string {
  return deriveSubkey(key, 'fingerprint').toString('base64url')
}

function parseSetting(setting: string): MasterKey {
  const key = parseKey(setting)
  if (key === undefined) {
    throw new MasterKeyError(
      'TALLYSTICK_MASTER_KEY must be 32 bytes as base64url: 43 characters, no padding.',
    )
  }
  return key
}

function keyFromFile(path: string, installation: Installation | undefined): MasterKey {
  const text = readIfPresent(path)
  if (text === undefined) {
    if (installation === undefined) return createKeyFile(path)
    throw new MasterKeyError(
      `This data folder was made with a master key that is missing; put it back into ${path} or set TALLYSTICK_MASTER_KEY.`,
    )
  }
  const key = parseKey(text.trim())
  if (key === undefined) {
    throw new MasterKeyError(
      `The file ${path} does not hold a master key (32 bytes as base64url); restore it or set TALLYSTICK_MASTER_KEY.`,
    )
  }
  return key
}

function parseKey(text: string): MasterKey | undefined {
  return masterKeyFormat.test(text) ? createSecretKey(text, 'base64url') : undefined
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (isAbsence(cause)) return undefined
    throw new MasterKeyError(
      `The file ${path} cannot be read; make it readable or set TALLYSTICK_MASTER_KEY.`,
      {
        cause,
      },
    )
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function createKeyFile(path: string): MasterKey {
  const key = randomBytes(masterKeyBytes)
  try {
    // On disk before any data: rows encrypted under a lost key are lost.
    writeDurably(path, `${key.toString('base64url')}\n`, 0o600)
  } catch (cause) {
    throw new MasterKeyError(
      `The file ${path} cannot be written; make its folder writable or set TALLYSTICK_MASTER_KEY.`,
      {
        cause,
      },
    )
  }
  return createSecretKey(key)
}
