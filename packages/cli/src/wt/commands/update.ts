/** `wt update`: changes what is named and keeps everything else, secrets above all. */
import { isJsonObject, type JsonObject, objectMember } from '../../json-object.ts'
import type { ProfileFlags } from '../choose-profile.ts'
import { hasPipedInput, readCode } from '../code-input.ts'
import type { Door, WebtaskUpload } from '../door.ts'
import { parseKeyValues, readKeyValues } from '../key-values.ts'
import { watchFile } from '../watch-file.ts'
import { doorFor, type OutputFlags, type WtContext } from '../wt-context.ts'
import { WtFailure } from '../wt-failure.ts'
import { sendUpload } from './create.ts'

export interface UpdateFlags extends ProfileFlags, OutputFlags {
  readonly secret: readonly string[]
  readonly secretsFile?: string
  readonly removeSecret: readonly string[]
  readonly meta: readonly string[]
  readonly removeMeta: readonly string[]
  readonly showToken?: boolean
  readonly watch?: boolean
}

export async function update(
  context: WtContext,
  name: string,
  spec: string | undefined,
  flags: UpdateFlags,
): Promise<void> {
  const { terminal } = context
  const door = await doorFor(context, flags)
  const source = sourceOf(context, spec, flags)
  const secrets = {
    ...(await readKeyValues(flags.secretsFile, terminal.input)),
    ...parseKeyValues(flags.secret, '--secret'),
  }
  const meta = parseKeyValues(flags.meta, '--meta')

  const uploadOnce = async (): Promise<void> => {
    const stored = await storedWebtask(door, name)
    const code =
      source === undefined ? undefined : await readCode(source, { ...context, input: terminal.input })
    const upload: WebtaskUpload = {
      ten: door.profile.container,
      dd: 0,
      ...(code === undefined ? {} : { code: code.code }),
      ectx: changed(objectMember(stored, 'ectx'), secrets, flags.removeSecret, 'secret'),
      meta: changed(objectMember(stored, 'meta'), meta, flags.removeMeta, 'meta'),
      ...keptMembers(stored),
      dr: 1,
      jtn: name,
    }
    await sendUpload(context, door, upload, { ...flags, action: 'updated' })
  }
  await uploadOnce()
  if (flags.watch) await watchFile(context, spec, uploadOnce)
}

/** Undefined: the code stays. Standard input is read when it is asked for, or when nothing else is. */
function sourceOf(context: WtContext, spec: string | undefined, flags: UpdateFlags): string | undefined {
  const changesMore =
    flags.secretsFile !== undefined ||
    [flags.secret, flags.removeSecret, flags.meta, flags.removeMeta].some((texts) => texts.length > 0)
  if (spec === '-' && flags.secretsFile === '-') {
    throw new WtFailure(
      'usage',
      'Code and secrets cannot both come from standard input. Name a file for one.',
    )
  }
  if (spec !== undefined || changesMore) return spec
  if (hasPipedInput(context.terminal.input)) return '-'
  throw new WtFailure(
    'usage',
    'There is nothing to update: name a file, --secret, --remove-secret, --meta or --remove-meta.',
  )
}

async function storedWebtask(door: Door, name: string): Promise<JsonObject> {
  const { token } = await door.show(name).catch((error: unknown) => {
    if (!(error instanceof WtFailure && error.ending === 'not_found')) throw error
    throw new WtFailure('not_found', `No such webtask: ${name}`, { cause: error })
  })
  return door.inspect(token, { decrypt: true })
}

/** @throws WtFailure when something is to be removed that is not there: a typing error would go unseen. */
function changed(
  stored: JsonObject = {},
  added: JsonObject,
  removed: readonly string[],
  noun: 'secret' | 'meta',
): JsonObject {
  const unknown = removed.find((name) => !Object.hasOwn(stored, name))
  if (unknown !== undefined) {
    throw new WtFailure(
      'not_found',
      `The webtask has no ${noun} named ${unknown}. wt inspect --json shows what it has.`,
    )
  }
  const kept = Object.entries(stored).filter(([name]) => !removed.includes(name))
  return { ...Object.fromEntries(kept), ...added }
}

function keptMembers(stored: JsonObject): Pick<WebtaskUpload, 'pctx' | 'host' | 'mb' | 'pb'> {
  const { pctx, host, mb, pb } = stored
  return {
    ...(isJsonObject(pctx) ? { pctx } : {}),
    ...(typeof host === 'string' ? { host } : {}),
    ...(mb === 1 ? { mb } : {}),
    ...(typeof pb === 'number' ? { pb } : {}),
  }
}
