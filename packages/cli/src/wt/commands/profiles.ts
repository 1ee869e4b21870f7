/** `wt init` and `wt profile`: which servers this machine knows. All of it is local. */
import { resolve } from 'node:path'
import { objectMember, parseJsonObject, textMember } from '../../json-object.ts'
import { readPrivateFile } from '../../private-file.ts'
import { readText } from '../../secret-input.ts'
import { formatDetails } from '../../table.ts'
import { type ProfileFlags, pickProfile } from '../choose-profile.ts'
import { confirm } from '../confirm.ts'
import { normalUrl, readProfileFile, writeProfileFile } from '../profile-file.ts'
import { tokenDetails } from '../token-details.ts'
import { type OutputFlags, type WtContext, wantsJson } from '../wt-context.ts'
import { WtFailure } from '../wt-failure.ts'

type RawProfile = Parameters<typeof textMember>[0]

export interface InitFlags extends ProfileFlags, OutputFlags {
  readonly tokenFile?: string
  readonly yes?: boolean
}

export async function init(context: WtContext, flags: InitFlags): Promise<void> {
  const { env, terminal } = context
  const name = flags.profile ?? 'default'
  const added = await wantedProfile(context, flags)
  const { path, rawProfiles } = await readProfileFile(env)
  const older = rawProfiles.get(name)
  if (older && JSON.stringify(older) !== JSON.stringify(added)) {
    await confirm(
      context,
      `You already have the profile ${name} for ${textMember(older, 'url') ?? 'no URL'}. Do you want to override it?`,
      flags.yes,
    )
  }
  await writeProfileFile(path, new Map([...rawProfiles, [name, added]]))
  if (wantsJson(flags))
    return terminal.printJson({ profile: name, url: added.url, container: added.container })
  terminal.print(`Profile ${name} is ready: container ${added.container} at ${added.url}`)
  terminal.say('To list its webtasks: wt ls')
}

/** From the flags; without any, from the file that a server in this folder wrote at its first start. */
async function wantedProfile(context: WtContext, flags: InitFlags) {
  const { url, container } = flags
  const token = flags.tokenFile
    ? (await readText(flags.tokenFile, context.terminal.input)).trim()
    : flags.token
  if (url && container && token) return { url: normalUrl(url), token, container }
  if (!url && !container && !token) {
    const found = await bootstrapProfile(context)
    if (found) return found
  }
  throw new WtFailure(
    'usage',
    'wt init needs --url, --container and --token (or --token-file). A server prints all three at its first start, and keeps them in data/bootstrap.json.',
  )
}

async function bootstrapProfile({ env, workingDir }: WtContext) {
  const path = resolve(workingDir, env.TALLYSTICK_DATA_DIR || 'data', 'bootstrap.json')
  const webtask = objectMember(parseJsonObject((await readPrivateFile(path)) ?? '') ?? {}, 'webtask') ?? {}
  const [url, container, token] = [
    textMember(webtask, 'url'),
    textMember(webtask, 'container'),
    textMember(webtask, 'token'),
  ]
  return url && container && token ? { url: normalUrl(url), token, container } : undefined
}

export interface ProfileViewFlags extends OutputFlags {
  readonly details?: boolean
  readonly showToken?: boolean
  readonly field?: string
}

export async function listProfiles({ env, terminal }: WtContext, flags: ProfileViewFlags): Promise<void> {
  const { rawProfiles } = await readProfileFile(env)
  if (wantsJson(flags)) {
    const shown = [...rawProfiles].map(([name, raw]) => [name, publicMembers(raw, flags)] as const)
    return terminal.printJson(Object.fromEntries(shown))
  }
  if (rawProfiles.size === 0)
    throw new WtFailure('no_profile', 'No webtask profiles found. To get started:\n$ wt init')
  for (const [name, raw] of rawProfiles) terminal.print(profileLines(name, raw, flags))
  if (!flags.showToken) terminal.say('Use --show-token to show the tokens.')
}

export async function getProfile(
  { env, terminal }: WtContext,
  asked: string | undefined,
  flags: ProfileViewFlags,
): Promise<void> {
  const { name, raw } = pickProfile(await readProfileFile(env), asked)
  if (flags.field) {
    const value = textMember(raw, flags.field.toLowerCase())
    if (!value) throw new WtFailure('usage', `Field \`${flags.field}\` does not exist`)
    return wantsJson(flags) ? terminal.printJson(value) : terminal.print(value)
  }
  if (wantsJson(flags)) return terminal.printJson({ name, ...publicMembers(raw, flags) })
  terminal.print(profileLines(name, raw, flags))
}

export async function removeProfile({ env, terminal }: WtContext, name: string): Promise<void> {
  const { path, rawProfiles } = await readProfileFile(env)
  if (!rawProfiles.has(name)) throw new WtFailure('not_found', `No such profile \`${name}\``)
  await writeProfileFile(path, new Map([...rawProfiles].filter(([other]) => other !== name)))
  terminal.print(`Profile ${name} removed.`)
}

export async function removeAllProfiles(
  context: WtContext,
  flags: { force?: boolean; yes?: boolean },
): Promise<void> {
  const { path } = await readProfileFile(context.env)
  await confirm(
    context,
    'This removes every profile and its token. Do you want that?',
    flags.force || flags.yes,
  )
  await writeProfileFile(path, new Map())
  context.terminal.print('All profiles removed.')
}

function publicMembers(raw: RawProfile, { showToken }: ProfileViewFlags) {
  const names = ['url', 'container', ...(showToken ? ['token'] : [])]
  return Object.fromEntries(names.map((name) => [name, textMember(raw, name) ?? '']))
}

function profileLines(name: string, raw: RawProfile, flags: ProfileViewFlags): string[] {
  const token = textMember(raw, 'token') ?? ''
  return formatDetails([
    ['Profile:', name],
    ['URL:', textMember(raw, 'url') ?? ''],
    ['Container:', textMember(raw, 'container') ?? ''],
    ...(flags.showToken ? [['Token:', token] satisfies [string, string]] : []),
    ...(flags.details ? tokenDetails(token) : []),
  ])
}
