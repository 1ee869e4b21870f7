/**
 * Where secrets go that an import makes: a private file, written before and after each of them. An interrupted import
 * loses none, because the next one finds in the file what was begun. What the file holds already stays.
 */
import { randomBytes } from 'node:crypto'
import { Failure } from '../failure.ts'
import { isJsonObject, parseJsonObject, textMember } from '../json-object.ts'
import { readPrivateFile, refuseWhatIsNoFile, writePrivateFile } from '../private-file.ts'
import { revealSecret, SecretText } from '../secret-text.ts'
import type { CredentialsKeeper } from './plan.ts'

export interface CredentialsFile extends CredentialsKeeper {
  /** Names of clients that an earlier import began to make, and whose secrets never arrived. */
  readonly begun: ReadonlySet<string>
}

interface ClientEntry {
  readonly name: string
  readonly old_client_id?: string
  /** Absent, like the secret, until the client is made. */
  readonly client_id?: string
  readonly client_secret?: string
}

interface ApiEntry {
  readonly identifier: string
  readonly signing_secret: string
}

interface Entries {
  readonly clients: readonly ClientEntry[]
  readonly apis: readonly ApiEntry[]
}

/** @throws Failure when something else is there. */
export async function openCredentialsFile(path: string, origin: string): Promise<CredentialsFile> {
  await refuseWhatIsNoFile(path)
  const text = await readPrivateFile(path)
  let entries = text === undefined ? { clients: [], apis: [] } : parseEntries(text, path, origin)
  const write = async (changed: Entries) => {
    await writePrivateFile(path, `${JSON.stringify({ origin, ...changed }, null, 2)}\n`)
    entries = changed
  }
  /** Those that are whole stay, whatever their names. */
  const others = (name: string) =>
    entries.clients.filter((client) => client.name !== name || client.client_secret !== undefined)
  return {
    begun: new Set(entries.clients.filter((one) => one.client_secret === undefined).map(({ name }) => name)),
    begin: ({ name }) => write({ ...entries, clients: [...others(name), { name }] }),
    giveUp: (name) => write({ ...entries, clients: others(name) }),
    finish: ({ name, oldId, clientId, secret }) =>
      write({
        ...entries,
        clients: [
          ...others(name),
          {
            name,
            ...(oldId !== undefined && { old_client_id: oldId }),
            client_id: clientId,
            client_secret: revealSecret(secret),
          },
        ],
      }),
    async signingSecret(identifier) {
      const there = entries.apis.find((api) => api.identifier === identifier)
      if (there) return new SecretText(there.signing_secret)
      const made = { identifier, signing_secret: randomBytes(signingSecretBytes).toString('base64url') }
      await write({ ...entries, apis: [...entries.apis, made] })
      return new SecretText(made.signing_secret)
    },
  }
}

/** HS256 signs with a key of as many (RFC 7518 §3.2). */
const signingSecretBytes = 32

function parseEntries(text: string, path: string, origin: string): Entries {
  const parsed = parseJsonObject(text)
  const clients = Array.isArray(parsed?.clients) ? parsed.clients.map(parseClient) : [undefined]
  const apis = Array.isArray(parsed?.apis) ? parsed.apis.map(parseApi) : [undefined]
  const isOurs = clients.every((one) => one !== undefined) && apis.every((one) => one !== undefined)
  if (isOurs && parsed?.origin === origin) return { clients, apis }
  throw new Failure('usage', {
    what: `${path} is not replaced.`,
    why: isOurs
      ? 'It holds the credentials of another server.'
      : 'It is there already, and was not written by an import.',
    todo: 'Name a new file; nothing was attempted.',
  })
}

function parseClient(value: unknown): ClientEntry | undefined {
  if (!isJsonObject(value)) return undefined
  const name = textMember(value, 'name')
  const [oldId, id, secret] = ['old_client_id', 'client_id', 'client_secret'].map((one) =>
    textMember(value, one),
  )
  if (name === undefined || (id === undefined) !== (secret === undefined)) return undefined
  return {
    name,
    ...(oldId !== undefined && { old_client_id: oldId }),
    ...(id !== undefined && { client_id: id }),
    ...(secret !== undefined && { client_secret: secret }),
  }
}

function parseApi(value: unknown): ApiEntry | undefined {
  if (!isJsonObject(value)) return undefined
  const identifier = textMember(value, 'identifier')
  const secret = textMember(value, 'signing_secret')
  return identifier === undefined || secret === undefined ? undefined : { identifier, signing_secret: secret }
}
