/** `wt init`: remembers a server, its container and its management token, once the server has taken the token. */
import { resolve } from 'node:path'
import { objectMember, parseJsonObject, textMember } from '../../json-object.ts'
import { readPrivateFile } from '../../private-file.ts'
import { readText } from '../../secret-input.ts'
import { SecretText } from '../../secret-text.ts'
import type { ProfileFlags } from '../choose-profile.ts'
import { confirm } from '../confirm.ts'
import { openDoor } from '../door.ts'
import { normalUrl, readProfileFile, writeProfileFile } from '../profile-file.ts'
import { type OutputFlags, type WtContext, wantsJson } from '../wt-context.ts'
import { WtFailure } from '../wt-failure.ts'

export interface InitFlags extends ProfileFlags, OutputFlags {
  readonly tokenFile?: string
  readonly yes?: boolean
}

export async function init(context: WtContext, flags: InitFlags): Promise<void> {
  const { env, terminal } = context
  const name = flags.profile ?? 'default'
  const added = await wantedProfile(context, flags)
  const doubt = await checkProfile(context, added)
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
  if (doubt) terminal.say(`The token was not checked: ${doubt}`)
  if (wantsJson(flags))
    return terminal.printJson({ profile: name, url: added.url, container: added.container })
  terminal.print(`Profile ${name} is ready: container ${added.container} at ${added.url}`)
  terminal.say(`To list its webtasks: wt ls${name === 'default' ? '' : ` --profile ${name}`}`)
}

/**
 * A token that the server refuses is not remembered. A server that is not there yet may be started later, so that is only
 * told: the sentence that comes back says why nothing was checked.
 */
async function checkProfile(context: WtContext, added: WantedProfile): Promise<string | undefined> {
  const door = openDoor({ ...added, token: new SecretText(added.token) }, context.fetch)
  try {
    await door.list(new URLSearchParams({ limit: '1' }))
    return undefined
  } catch (error) {
    if (!(error instanceof WtFailure)) throw error
    if (error.status === undefined || !refusedStatus.has(error.status)) return error.message
    throw new WtFailure(error.ending, `${error.message} The profile was not written.`, { cause: error })
  }
}

const refusedStatus = new Set([401, 403, 404])

/** An alias, for an interface is no JSON object to the compiler. */
type WantedProfile = Readonly<Record<'url' | 'container' | 'token', string>>

/** From the flags; without any, from the file that a server in this folder wrote at its first start. */
async function wantedProfile(context: WtContext, flags: InitFlags): Promise<WantedProfile> {
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

async function bootstrapProfile({ env, workingDir }: WtContext): Promise<WantedProfile | undefined> {
  const path = resolve(workingDir, env.TALLYSTICK_DATA_DIR || 'data', 'bootstrap.json')
  const webtask = objectMember(parseJsonObject((await readPrivateFile(path)) ?? '') ?? {}, 'webtask') ?? {}
  const [url, container, token] = [
    textMember(webtask, 'url'),
    textMember(webtask, 'container'),
    textMember(webtask, 'token'),
  ]
  return url && container && token ? { url: normalUrl(url), token, container } : undefined
}
