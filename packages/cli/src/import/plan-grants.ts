/** Client grants. They come last, when the rules that may refuse a token stand. */
import { isDeepStrictEqual } from 'node:util'
import type { ClientGrant } from '@tallystick/management-api/contract/client-grants'
import { isJsonObject } from '../json-object.ts'
import type { Exported, ExportedClient, ExportedGrant } from './exported.ts'
import type { PlanPart, Remark, Step } from './plan.ts'
import { isOfAuth0 } from './plan-apis.ts'
import { findClient } from './plan-clients.ts'
import type { PresentState } from './present-state.ts'
import { StepRefused } from './step-refused.ts'

interface WantedScopes {
  readonly scope: readonly string[]
  readonly allowAll: boolean
}

export function planGrant(grant: ExportedGrant, exported: Exported, present: PresentState): PlanPart {
  const about = `client grant ${grant.place}`
  const leave = (text: string): PlanPart => ({ steps: [], remarks: [{ kind: 'left_out', about, text }] })
  const refused = reasonToLeave(grant)
  if (refused) return leave(refused)
  const client = clientOf(grant, exported, present)
  if (!client) return leave(`the client ${grant.client} is neither in the export nor here`)
  const offered = scopesOffered(grant.audience, exported, present)
  if (!offered) {
    const isManagement = /\/api\/v2\/?$/.test(grant.audience)
    return leave(
      isManagement
        ? `${grant.audience} is the management API of Auth0; grant this server's own with \`tallystick grants create\``
        : `the API ${grant.audience} is neither in the export nor here`,
    )
  }
  const asked = scopesIn(grant)
  const wanted = {
    scope: asked.filter((scope) => offered.has(scope)),
    allowAll: grant.members.allow_all_scopes === true,
  }
  const missing = asked.filter((scope) => !offered.has(scope))
  const remarks: Remark[] =
    missing.length === 0
      ? []
      : [{ kind: 'left_out', about, text: `scopes that the API does not offer: ${missing.join(', ')}` }]
  const there = grantOf(client, grant.audience, present)
  const name = `${client.name} → ${grant.audience}`
  const step = there ? changeStep(there, name, wanted) : createStep(client, grant.audience, name, wanted)
  return { steps: step ? [step] : [], remarks }
}

function reasonToLeave({ members }: ExportedGrant): string | undefined {
  if (members.default_for !== undefined)
    return 'it is for all third-party clients, and every grant here is for one'
  if (members.is_system === true) return 'it is one of Auth0 itself'
  if (members.subject_type === 'user') return 'it is for requests of people, which are not answered here'
  if (members.organization_usage === 'require')
    return 'it asks for an organization with each token, and there are none here: without it the grant would allow more'
  const types = members.authorization_details_types
  if (Array.isArray(types) && types.length > 0)
    return 'it asks for authorization details (RFC 9396), which are not here'
  return undefined
}

/** The deploy tool writes names in place of ids; an id stays where the client was not exported. */
function clientOf({ client }: ExportedGrant, exported: Exported, present: PresentState) {
  const inExport = exported.clients.find(({ name, oldId }) => name === client || oldId === client)
  if (inExport) return inExport.members.global === true ? undefined : inExport
  const there = findClient({ name: client, oldId: client }, present.clients)
  return there && { name: there.name, oldId: there.client_id }
}

function scopesOffered(
  audience: string,
  exported: Exported,
  present: PresentState,
): Set<unknown> | undefined {
  const there = present.apis.find(({ identifier }) => identifier === audience)
  const inExport = exported.apis.find((api) => api.identifier === audience && !isOfAuth0(api))
  // The export's own list is what the API will offer when its turn comes.
  const scopes = (!there?.is_system && inExport?.members.scopes) || there?.scopes
  if (!inExport && !there) return undefined
  return new Set(
    Array.isArray(scopes) ? scopes.map((scope) => (isJsonObject(scope) ? scope.value : undefined)) : [],
  )
}

function scopesIn({ members }: ExportedGrant): string[] {
  const { scope } = members
  return Array.isArray(scope) ? scope.filter((one) => typeof one === 'string') : []
}

function grantOf(
  client: Pick<ExportedClient, 'name' | 'oldId'>,
  audience: string,
  { clients, grants }: PresentState,
): ClientGrant | undefined {
  const id = findClient(client, clients)?.client_id
  return grants.find((one) => one.client_id === id && one.audience === audience)
}

function createStep(
  client: Pick<ExportedClient, 'name'>,
  audience: string,
  name: string,
  { scope, allowAll }: WantedScopes,
): Step {
  return {
    stage: 'grants',
    verb: 'create',
    noun: 'client grant',
    name,
    details: allowAll ? ['all scopes'] : [...scope],
    perform: async ({ connection, clientIds }) => {
      const clientId = clientIds.get(client.name)
      if (clientId === undefined) throw new StepRefused('Its client was not imported.')
      await connection.clientGrants.create({
        client_id: clientId,
        audience,
        ...(allowAll ? { allow_all_scopes: true } : { scope: [...scope] }),
      })
    },
  }
}

function changeStep(present: ClientGrant, name: string, { scope, allowAll }: WantedScopes): Step | undefined {
  const isSame = allowAll
    ? present.allow_all_scopes === true
    : present.allow_all_scopes !== true && isDeepStrictEqual(new Set(present.scope), new Set(scope))
  if (isSame) return undefined
  return {
    stage: 'grants',
    verb: 'change',
    noun: 'client grant',
    name,
    details: allowAll ? ['all scopes'] : [...scope],
    perform: async ({ connection }) => {
      await connection.clientGrants.update(
        present.id,
        allowAll ? { allow_all_scopes: true } : { scope: [...scope] },
      )
    },
  }
}
