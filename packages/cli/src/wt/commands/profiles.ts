/** `wt profile`: which servers this machine knows. All of it is local. */
import { textMember } from '../../json-object.ts'
import { formatDetails } from '../../table.ts'
import { pickProfile } from '../choose-profile.ts'
import { confirm } from '../confirm.ts'
import { readProfileFile, writeProfileFile } from '../profile-file.ts'
import { tokenDetails } from '../token-details.ts'
import { type OutputFlags, type WtContext, wantsJson } from '../wt-context.ts'
import { WtFailure } from '../wt-failure.ts'

type RawProfile = Parameters<typeof textMember>[0]

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
