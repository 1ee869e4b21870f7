/**
 * `~/.webtask`: the profiles, in the file that the public client reads and writes too. What we do not
 * know in it is kept as it stands.
 */
import { join } from 'node:path'
import { isJsonObject, type JsonObject, parseJsonObject, textMember } from '../json-object.ts'
import { linkedFile, readPrivateFile, writePrivateFile } from '../private-file.ts'
import { SecretText } from '../secret-text.ts'
import type { Environment } from '../terminal.ts'
import { WtFailure } from './wt-failure.ts'

export interface WtProfile {
  readonly url: string
  readonly container: string
  readonly token: SecretText
}

export interface ProfileFile {
  readonly path: string
  /** The profiles' members as they stand in the file. */
  readonly rawProfiles: ReadonlyMap<string, JsonObject>
}

function profileFilePath(env: Environment): string {
  const home = process.platform === 'win32' ? env.USERPROFILE : env.HOME
  if (home) return join(home, '.webtask')
  throw new WtFailure(
    'unexpected',
    'There is no home folder to keep profiles in. Set HOME, or give --url, --container and --token.',
  )
}

/** @throws WtFailure when the file is there and no JSON object of profiles. */
export async function readProfileFile(env: Environment): Promise<ProfileFile> {
  const path = await linkedFile(profileFilePath(env))
  const text = await readPrivateFile(path)
  const rawProfiles = parseJsonObject(text?.trim() || '{}')
  if (rawProfiles === undefined) throw broken(path, 'it is not one JSON object')
  const entries = Object.entries(rawProfiles).map(([name, raw]): [string, JsonObject] => {
    if (!isJsonObject(raw)) throw broken(path, `the profile ${name} is not an object`)
    return [name, raw]
  })
  return { path, rawProfiles: new Map(entries) }
}

export async function writeProfileFile(path: string, rawProfiles: ProfileFile['rawProfiles']): Promise<void> {
  await writePrivateFile(path, JSON.stringify(Object.fromEntries(rawProfiles), undefined, 2))
}

/** @throws WtFailure when a member is missing. */
export function parseWtProfile(path: string, name: string, raw: JsonObject): WtProfile {
  const container = textMember(raw, 'container')
  const token = textMember(raw, 'token')
  const url = textMember(raw, 'url')
  if (container && token && url) return { url: normalUrl(url), container, token: new SecretText(token) }
  throw broken(path, `the profile ${name} has no ${container ? (token ? 'url' : 'token') : 'container'}`)
}

/** Without a final slash; http where no scheme is given, as ever. */
export function normalUrl(rawUrl: string): string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(rawUrl) ? rawUrl : `http://${rawUrl}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' && url.username === '') {
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  }
  throw new WtFailure('usage', 'The URL of the server must look like http://localhost:8420')
}

function broken(path: string, why: string): WtFailure {
  return new WtFailure(
    'unexpected',
    `${path} cannot be used: ${why}. Repair it, or remove it and run wt init.`,
  )
}
