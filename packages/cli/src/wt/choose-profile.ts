/** Which server, container and token a command is for: flags before the chosen profile of the file. */
import { SecretText } from '../secret-text.ts'
import type { Environment } from '../terminal.ts'
import {
  normalUrl,
  type ProfileFile,
  parseWtProfile,
  readProfileFile,
  type WtProfile,
} from './profile-file.ts'
import { WtFailure } from './wt-failure.ts'

/** The flags that every command which speaks to a server has. */
export interface ProfileFlags {
  readonly profile?: string
  readonly container?: string
  readonly url?: string
  readonly token?: string
}

/** All three flags: no file is read. Some: they override the stored profile. */
export async function chooseProfile(flags: ProfileFlags, env: Environment): Promise<WtProfile> {
  const { profile, container, url, token } = flags
  if (token && profile) {
    throw new WtFailure('usage', 'A --token of your own belongs to no stored profile: leave --profile out.')
  }
  if (token && container && url) return { url: normalUrl(url), container, token: new SecretText(token) }
  const file = await readProfileFile(env)
  const { name, raw } = pickProfile(file, profile)
  return parseWtProfile(file.path, name, {
    ...raw,
    ...(container ? { container } : {}),
    ...(url ? { url } : {}),
    ...(token ? { token } : {}),
  })
}

/** The named one, or the only one, or `default`. */
export function pickProfile({ rawProfiles }: ProfileFile, asked: string | undefined) {
  if (rawProfiles.size === 0) {
    throw new WtFailure('no_profile', 'No webtask profiles found. To get started:\n$ wt init')
  }
  const [only, ...others] = rawProfiles.keys()
  const name = asked ?? (others.length === 0 && only !== undefined ? only : 'default')
  const raw = rawProfiles.get(name)
  if (raw === undefined) throw new WtFailure('not_found', `Profile \`${name}\` not found`)
  return { name, raw }
}
