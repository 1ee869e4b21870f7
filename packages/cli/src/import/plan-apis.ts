/** Resource servers, known by their identifiers. */
import {
  type ResourceServer,
  resourceServerChange,
  resourceServerToCreate,
} from '@tallystick/management-api/contract/resource-servers'
import { Value } from 'typebox/value'
import { isJsonObject, type JsonObject, textMember } from '../json-object.ts'
import { revealSecret } from '../secret-text.ts'
import { changedMembers } from './changed-members.ts'
import type { ExportedApi } from './exported.ts'
import { fitMembers, without } from './fit-members.ts'
import { leftOut } from './left-out.ts'
import type { ImportRun, PlanPart, Step } from './plan.ts'
import { unreadableExport } from './unreadable-export.ts'

/** `client_id` names a client for people; the others are told and never taken. */
const readOnlyMembers = ['id', 'identifier', 'is_system', 'client_id']
/** The form of an Auth0 token, where the export does not name another: whoever checks tokens expects it. */
const exportedDialect = 'access_token'

export function planApi(api: ExportedApi, present: readonly ResourceServer[]): PlanPart {
  const about = `API ${api.identifier}`
  if (isOfAuth0(api)) {
    const text =
      'it is one of Auth0 itself; here the management API is there already, under another identifier'
    return { steps: [], remarks: [{ kind: 'left_out', about, text }] }
  }
  const asked = without(api.members, readOnlyMembers)
  const empty = emptyPromises(asked)
  const fit = fitMembers(resourceServerChange.properties, without(asked, empty))
  const remarks = leftOut(about, { ...fit, refused: [...fit.refused, ...empty] })
  const wanted: JsonObject = { token_dialect: exportedDialect, ...fit.members }
  const there = present.find(({ identifier }) => identifier === api.identifier)
  const step = there ? changeStep(there, wanted) : createStep(api.identifier, wanted)
  return { steps: step ? [step] : [], remarks }
}

/** The management API and its kin, which no export can bring along. */
export function isOfAuth0({ members }: ExportedApi): boolean {
  return members.is_system === true || members.name === 'Auth0 Management API'
}

/** What the server refuses by its meaning and not by its shape: left out, so that the rest can be imported. */
function emptyPromises(members: JsonObject): string[] {
  const { authorization_details: details } = members
  return [
    ...(Array.isArray(details) && details.some((one) => !isJsonObject(one) || one.type !== 'none')
      ? ['authorization_details']
      : []),
  ]
}

function createStep(identifier: string, wanted: JsonObject): Step | undefined {
  const body = { identifier, ...wanted }
  if (!Value.Check(resourceServerToCreate, body))
    throw unreadableExport(`the API ${identifier}`, 'It is no API.')
  return {
    stage: 'objects',
    verb: 'create',
    noun: 'API',
    name: identifier,
    details: [],
    ...(needsNewSecret(body) && { makesSecret: true }),
    perform: async (run) => {
      await run.connection.resourceServers.create({
        ...body,
        ...(await signingSecret(run, identifier, body)),
      })
    },
  }
}

function changeStep(present: ResourceServer, wanted: JsonObject): Step | undefined {
  // A signing secret cannot be read back, so it is sent where the algorithm comes to need one and never compared.
  const startsToNeedSecret = wanted.signing_alg === 'HS256' && present.signing_alg !== 'HS256'
  const compared = without(wanted, startsToNeedSecret ? [] : ['signing_secret'])
  const change = changedMembers(withScopeTexts(compared), withScopeTexts({ ...present }))
  if (Object.keys(change).length === 0 || !Value.Check(resourceServerChange, change)) return undefined
  return {
    stage: 'objects',
    verb: 'change',
    noun: 'API',
    name: present.identifier,
    details: Object.keys(change),
    ...(startsToNeedSecret && needsNewSecret(change) && { makesSecret: true }),
    perform: async (run) => {
      const secret = await signingSecret(run, present.identifier, change)
      await run.connection.resourceServers.update(present.id, { ...change, ...secret })
    },
  }
}

/** A scope without a description and one with an empty text are the same. */
function withScopeTexts(members: JsonObject): JsonObject {
  if (!Array.isArray(members.scopes)) return members
  const scopes = members.scopes.filter(isJsonObject).map((scope) => ({
    value: scope.value,
    ...(scope.description !== undefined && scope.description !== '' && { description: scope.description }),
  }))
  return { ...members, scopes }
}

function needsNewSecret(body: JsonObject): boolean {
  return body.signing_alg === 'HS256' && textMember(body, 'signing_secret') === undefined
}

/** The server would make one as well, and tell it once, in an answer that may not arrive. */
async function signingSecret(
  { credentials }: ImportRun,
  identifier: string,
  body: JsonObject,
): Promise<{ signing_secret?: string }> {
  if (!needsNewSecret(body)) return {}
  return { signing_secret: revealSecret(await credentials.signingSecret(identifier)) }
}
