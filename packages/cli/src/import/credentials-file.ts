/**
 * Where secrets go that an import makes: a private file, written after each of them, so that none is lost when the
 * import is interrupted. What the file holds already stays: a second run adds to it.
 */
import { Failure } from '../failure.ts'
import { isJsonObject, type JsonObject, parseJsonObject, textMember } from '../json-object.ts'
import { readPrivateFile, refuseWhatIsNoFile, writePrivateFile } from '../private-file.ts'
import { revealSecret } from '../secret-text.ts'
import type { NewCredential } from './plan.ts'

export interface CredentialsFile {
  /** The clients whose secrets it holds, by their ids. */
  readonly clientIds: ReadonlySet<string>
  add(credential: NewCredential): Promise<void>
}

/** @throws Failure when something else is there. */
export async function openCredentialsFile(path: string, origin: string): Promise<CredentialsFile> {
  await refuseWhatIsNoFile(path)
  const text = await readPrivateFile(path)
  const { clients, apis } =
    text === undefined ? { clients: [], apis: [] } : parseCredentials(text, path, origin)
  return {
    clientIds: new Set(clients.flatMap((client) => textMember(client, 'client_id') ?? [])),
    async add(credential) {
      if (credential.kind === 'client') clients.push(clientEntry(credential))
      else apis.push({ identifier: credential.identifier, signing_secret: revealSecret(credential.secret) })
      await writePrivateFile(path, `${JSON.stringify({ origin, clients, apis }, null, 2)}\n`)
    },
  }
}

function clientEntry({
  name,
  oldId,
  clientId,
  secret,
}: Extract<NewCredential, { kind: 'client' }>): JsonObject {
  return {
    name,
    ...(oldId !== undefined && { old_client_id: oldId }),
    client_id: clientId,
    client_secret: revealSecret(secret),
  }
}

function parseCredentials(
  text: string,
  path: string,
  origin: string,
): { clients: JsonObject[]; apis: JsonObject[] } {
  const parsed = parseJsonObject(text)
  const { clients, apis } = parsed ?? {}
  const isOurs = Array.isArray(clients) && Array.isArray(apis) && [...clients, ...apis].every(isJsonObject)
  if (parsed?.origin === origin && isOurs) return { clients: [...clients], apis: [...apis] }
  throw new Failure('usage', {
    what: `${path} is not replaced.`,
    why: isOurs
      ? 'It holds the credentials of another server.'
      : 'It is there already, and was not written by an import.',
    todo: 'Name a new file; nothing was attempted.',
  })
}
