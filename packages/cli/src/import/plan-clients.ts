/** Clients, known by their names, or by the id where the export comes from this very tenant. */
import { ManagementApiError } from '@tallystick/management-api/connect'
import { type Client, clientChange, clientToCreate } from '@tallystick/management-api/contract/clients'
import { Value } from 'typebox/value'
import { Failure } from '../failure.ts'
import { isJsonObject, type JsonObject } from '../json-object.ts'
import { SecretText } from '../secret-text.ts'
import { changedMembers } from './changed-members.ts'
import type { ExportedClient } from './exported.ts'
import { authenticationOf, type ExportedAuthentication } from './exported-authentication.ts'
import { fitMembers, without } from './fit-members.ts'
import { leftOut } from './left-out.ts'
import type { PlanPart, Remark, Step } from './plan.ts'
import { unreadableExport } from './unreadable-export.ts'

/** Told by Auth0 and never taken by it, or for pages that are not here. */
const readOnlyMembers = [
  'client_id',
  'tenant',
  'global',
  'owners',
  'config_route',
  'callback_url_template',
  'signing_keys',
  'custom_login_page',
  'custom_login_page_preview',
]
const authenticationMembers = ['token_endpoint_auth_method', 'client_authentication_methods']

export interface PresentClients {
  readonly clients: readonly Client[]
  /** The client that the import signs in with. It is never touched: it could lock itself out. */
  readonly operatorId: string | undefined
  /** Names of those that an earlier import began to make, and whose secrets never arrived. */
  readonly begun: ReadonlySet<string>
}

export function planClient(client: ExportedClient, { clients, operatorId, begun }: PresentClients): PlanPart {
  const about = `client ${client.name}`
  const there = findClient(client, clients)
  const skipped = reasonToSkip(client, there, operatorId)
  if (skipped) return { steps: [], remarks: [{ kind: 'left_out', about, text: skipped }] }
  const remarks: Remark[] = []
  if (client.members.client_secret !== undefined) {
    const text = 'its secret cannot be brought along: nobody can choose one here, a new one is made'
    remarks.push({ kind: 'differs', about, text })
  }
  const others = without(client.members, [
    ...readOnlyMembers,
    ...authenticationMembers,
    'client_secret',
    'compliance_level',
  ])
  const fit = fitMembers(clientToCreate.properties, others)
  remarks.push(...leftOut(about, fit), ...grantTypeRemarks(about, fit.members))
  remarks.push(...complianceRemarks(about, client.members))
  const authentication = authenticationOf(client)
  const change = there && changeStep(there, { ...fit.members, ...authentication.toChange(there) })
  const steps = there
    ? [...(begun.has(client.name) ? [renewStep(client, there)] : []), ...(change ? [change] : [])]
    : [createStep(client, { ...fit.members, ...authentication.toCreate })]
  return {
    steps,
    remarks: [...remarks, ...authenticationRemarks(client, there, authentication)],
  }
}

/** @throws Failure when the name means more than one. */
export function findClient(
  { name, oldId }: Pick<ExportedClient, 'name' | 'oldId'>,
  clients: readonly Client[],
): Client | undefined {
  const byId = clients.find(({ client_id }) => client_id === oldId)
  if (byId) return byId
  const byName = clients.filter((client) => client.name === name)
  if (byName.length < 2) return byName[0]
  throw new Failure('conflict', {
    what: `There are ${byName.length} clients named ${name} here.`,
    why: 'The export knows clients by their names, so which one is meant cannot be told.',
    todo: 'Rename all but one with `tallystick clients update CLIENT_ID --name NAME`; nothing was attempted.',
  })
}

function reasonToSkip(
  { members }: ExportedClient,
  there: Client | undefined,
  operatorId: string | undefined,
): string | undefined {
  if (members.global === true) return 'it is the global client of a tenant at Auth0, which is not here'
  if (there && there.client_id === operatorId) return 'the import signs in with it, and so does not touch it'
  return undefined
}

function grantTypeRemarks(about: string, { grant_types }: JsonObject): Remark[] {
  if (!Array.isArray(grant_types) || grant_types.includes('client_credentials')) return []
  const text = 'client_credentials is not among its grant_types: it is kept, and gets no tokens here'
  return [{ kind: 'differs', about, text }]
}

/** Held to a level before it has the keys that the level asks for, it would be refused whole. */
function complianceRemarks(about: string, { compliance_level: level }: JsonObject): Remark[] {
  if (typeof level !== 'string' || level === 'none') return []
  const text = level.startsWith('fapi1')
    ? `compliance_level ${level} is left out: it is about signing in people, which is not offered here`
    : `compliance_level ${level} is left out: once the client has its key, run \`tallystick clients update CLIENT_ID --compliance-level ${level}\``
  return [{ kind: level.startsWith('fapi1') ? 'differs' : 'todo', about, text }]
}

function authenticationRemarks(
  { name }: ExportedClient,
  there: Client | undefined,
  { remark }: ExportedAuthentication,
): Remark[] {
  // One that is here may have been given a key, or a secret, since.
  if (remark === undefined || (there && there.token_endpoint_auth_method !== 'none')) return []
  return [{ kind: 'todo', about: `client ${name}`, text: remark }]
}

function createStep({ name, oldId }: ExportedClient, wanted: JsonObject): Step {
  const body: unknown = { ...wanted, name }
  if (!Value.Check(clientToCreate, body)) throw unreadableExport(`the client ${name}`, 'It is no client.')
  const hasSecret = body.token_endpoint_auth_method !== 'none' && !body.client_authentication_methods
  return {
    stage: 'objects',
    verb: 'create',
    noun: 'client',
    name,
    details: [],
    ...(hasSecret && { makesSecret: true }),
    perform: async ({ connection, clientIds, credentials }) => {
      if (hasSecret) await credentials.begin({ name })
      const created = await connection.clients.create(body).catch(async (error: unknown) => {
        // The server refused it, so nothing was made. Of other ends nobody knows.
        if (hasSecret && error instanceof ManagementApiError && error.status < 500)
          await credentials.giveUp(name)
        throw error
      })
      clientIds.set(name, created.client_id)
      if (created.client_secret === undefined) return
      const secret = new SecretText(created.client_secret)
      await credentials.finish({ name, oldId, clientId: created.client_id, secret })
    },
  }
}

/** Nobody has ever had the secret of this client, so a new one ends nothing. */
function renewStep({ name, oldId }: ExportedClient, { client_id: clientId }: Client): Step {
  return {
    stage: 'objects',
    verb: 'renew',
    noun: 'client',
    name,
    details: ['secret'],
    makesSecret: true,
    perform: async ({ connection, credentials }) => {
      const { client_secret } = await connection.clients.rotateSecret(clientId)
      await credentials.finish({ name, oldId, clientId, secret: new SecretText(client_secret) })
    },
  }
}

function changeStep(present: Client, wanted: JsonObject): Step | undefined {
  const changed = changedMembers(wanted, present)
  const change = {
    ...changed,
    ...(isJsonObject(changed.client_metadata) && {
      client_metadata: metadataChange(present.client_metadata, changed.client_metadata),
    }),
  }
  if (Object.keys(change).length === 0 || !Value.Check(clientChange, change)) return undefined
  return {
    stage: 'objects',
    verb: 'change',
    noun: 'client',
    name: present.name,
    details: Object.keys(change),
    perform: async ({ connection }) => {
      await connection.clients.update(present.client_id, change)
    },
  }
}

/** A change is merged into what is there, and null removes a member. */
function metadataChange(present: JsonObject, wanted: JsonObject): JsonObject {
  const removed = Object.keys(present).filter((name) => !Object.hasOwn(wanted, name))
  return { ...wanted, ...Object.fromEntries(removed.map((name) => [name, null])) }
}
