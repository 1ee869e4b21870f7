/** `wt create`: uploads a rule; one of the same name is replaced with all that belongs to it. */
import type { ProfileFlags } from '../choose-profile.ts'
import { readCode } from '../code-input.ts'
import type { Door, WebtaskUpload } from '../door.ts'
import { type KeyValues, parseKeyValues, readKeyValues } from '../key-values.ts'
import { watchFile } from '../watch-file.ts'
import { doorFor, type OutputFlags, type WtContext, wantsJson } from '../wt-context.ts'
import { WtFailure } from '../wt-failure.ts'

export interface CreateFlags extends ProfileFlags, OutputFlags {
  readonly name?: string
  readonly secret: readonly string[]
  readonly secretsFile?: string
  readonly param: readonly string[]
  readonly meta: readonly string[]
  readonly metaFile?: string
  /** False with `--no-merge`. */
  readonly merge: boolean
  readonly parseBody?: boolean
  readonly host?: string
  readonly showToken?: boolean
  readonly watch?: boolean
}

/** What the server's own answer shall be called on the terminal. */
export interface Uploaded extends OutputFlags {
  readonly action: 'created' | 'updated'
  readonly showToken?: boolean
}

const webtaskName = /^[-a-z0-9._~!$+=:@]+$/i

export async function create(
  context: WtContext,
  spec: string | undefined,
  flags: CreateFlags,
): Promise<void> {
  refuseTwoReaders(spec, flags)
  const door = await doorFor(context, flags)
  const secrets = {
    ...(await readTexts(context, flags.secretsFile)),
    ...parseKeyValues(flags.secret, '--secret'),
  }
  const meta = { ...(await readTexts(context, flags.metaFile)), ...parseKeyValues(flags.meta, '--meta') }
  const params = parseKeyValues(flags.param, '--param')
  const shown = { ...flags, action: 'created' } satisfies Uploaded

  const uploadOnce = async (): Promise<void> => {
    const { code, suggestedName } = await readCode(spec, { ...context, input: context.terminal.input })
    const upload: WebtaskUpload = {
      ten: door.profile.container,
      dd: 0,
      code,
      ...(Object.keys(secrets).length > 0 ? { ectx: secrets } : {}),
      ...(Object.keys(params).length > 0 ? { pctx: params } : {}),
      ...(Object.keys(meta).length > 0 ? { meta } : {}),
      ...(flags.host ? { host: flags.host } : {}),
      ...(flags.merge ? { mb: 1 } : {}),
      ...(flags.parseBody ? { pb: 1 } : {}),
      dr: 1,
      jtn: requireName(flags.name ?? suggestedName),
    }
    await sendUpload(context, door, upload, shown)
  }
  await uploadOnce()
  if (flags.watch) await watchFile(context, spec, uploadOnce)
}

export async function sendUpload(
  { terminal }: WtContext,
  door: Door,
  upload: WebtaskUpload,
  shown: Uploaded,
): Promise<void> {
  const { container } = door.profile
  const { url, token } = await door.upload(upload).catch((error: unknown) => {
    if (!(error instanceof WtFailure && error.ending === 'not_allowed')) throw error
    throw new WtFailure('not_allowed', `Error creating webtask: ${error.message}`, { cause: error })
  })
  if (wantsJson(shown)) {
    return terminal.printJson({ url, name: upload.jtn, container, ...(shown.showToken ? { token } : {}) })
  }
  terminal.print(terminal.colors.green(`Webtask ${shown.action}: ${upload.jtn}`))
  if (shown.showToken) terminal.print(token)
  terminal.say(
    `It runs at each token request of ${container}, from the next one on. wt logs shows what it prints.`,
  )
}

async function readTexts(context: WtContext, path: string | undefined): Promise<KeyValues> {
  return readKeyValues(path, context.terminal.input)
}

/** Standard input can be read once. */
function refuseTwoReaders(spec: string | undefined, { secretsFile, metaFile }: CreateFlags): void {
  const readers = [spec ?? '-', secretsFile, metaFile].filter((path) => path === '-')
  if (readers.length > 1) {
    throw new WtFailure(
      'usage',
      'Code, secrets and meta cannot all come from standard input. Name a file for all but one.',
    )
  }
}

function requireName(name: string): string {
  if (webtaskName.test(name)) return name
  throw new WtFailure(
    'usage',
    'A webtask needs a name of the characters a-z 0-9 - . _ ~ ! $ + = : @. Give one with --name.',
  )
}
