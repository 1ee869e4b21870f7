/** Revocations on the wire ↔ revocations of the domain. */
import type {
  Revocation as RevocationOnWire,
  RevocationToCreate,
} from '@tallystick/management-api/contract/revocations'
import type { FastifyRequest } from 'fastify'
import { type ClientId, type ClientStore, parseClientId } from '../../domain/client.ts'
import { parseTokenId } from '../../domain/issued-token.ts'
import { type LogEntryStore, parseLogEntryId } from '../../domain/log-entry.ts'
import { maxTokenLifetimeSeconds } from '../../domain/resource-server.ts'
import type { Revocation, RevocationStore, RevocationSubject } from '../../domain/revocation.ts'
import { parseRuleVersionId, type RuleStore } from '../../domain/rule.ts'
import { maskOwnSecrets } from '../../keys/secret/client-secret.ts'
import type { FindToken } from '../../token/presented-token/find-token.ts'
import type { RecordChange } from '../record-change.ts'
import type { Operator } from './access/access.ts'
import { type OwnScopesDeps, requireNotAboveOperator } from './access/own-scopes.ts'
import type { Handlers } from './operation/handler.ts'
import { invalidBody } from './operation/invalid-body.ts'
import { notThere } from './operation/not-there.ts'
import { pageOf, totalsOf } from './operation/page.ts'

export interface RevocationHandlerDeps extends OwnScopesDeps {
  readonly revocations: Pick<RevocationStore, 'find' | 'list' | 'count' | 'put'>
  readonly clients: Pick<ClientStore, 'find'>
  readonly rules: Pick<RuleStore, 'findVersion'>
  readonly logEntries: Pick<LogEntryStore, 'find'>
  readonly findToken: FindToken
  readonly recordChange: RecordChange
  readonly now: () => Date
}

export function createRevocationHandlers(
  deps: RevocationHandlerDeps,
): Pick<Handlers, 'listRevocations' | 'createRevocation'> {
  return {
    async listRevocations({ request, query }) {
      const { id: tenantId } = request.tenant
      const revocations = (await deps.revocations.list(tenantId, pageOf(query))).map(onWire)
      const totals = await totalsOf(query, () => deps.revocations.count(tenantId))
      return totals ? { ...totals, revocations } : revocations
    },

    async createRevocation({ request, operator, body }) {
      const subject = await subjectOf(deps, request, operator, body)
      const earlier = await deps.revocations.find(request.tenant.id, subject)
      const revokedAt = latest(deps.now(), earlier?.revokedAt)
      const revocation: Revocation = {
        tenantId: request.tenant.id,
        subject,
        revokedAt,
        // No token lives longer, whatever its own time is.
        expiresAt: new Date(revokedAt.getTime() + maxTokenLifetimeSeconds * 1000),
      }
      await deps.recordChange(request, {
        description: inWords(subject),
        status: 201,
        writes: [deps.revocations.put(revocation)],
      })
      return onWire(revocation)
    },
  }
}

// So that a clock that was set back does not revive tokens that an earlier revocation ended.
function latest(now: Date, earlier: Date | undefined): Date {
  return earlier !== undefined && earlier > now ? earlier : now
}

/** @throws ManagementError unless the body names exactly one thing, and one that is there or may have been. */
async function subjectOf(
  deps: RevocationHandlerDeps,
  { tenant, issuer }: FastifyRequest,
  operator: Operator,
  body: RevocationToCreate,
): Promise<RevocationSubject> {
  const { jti: rawJti, client_id: rawClientId, rule_version_id: rawVersionId, token } = body
  if ([rawJti, rawClientId, rawVersionId, token].filter((raw) => raw !== undefined).length !== 1) {
    throw invalidBody('jti', 'Exactly one of jti, token, client_id and rule_version_id must be there')
  }
  if (token !== undefined) {
    const found = await deps.findToken({ tenant, issuer }, token)
    if (!found?.jti) throw notThere('token')
    await requireNotAboveOperator(deps, operator, tenant.id, found.clientId)
    return { kind: 'token', jti: found.jti }
  }
  if (rawClientId !== undefined) {
    const clientId = parseClientId(rawClientId)
    if (!clientId || !(await deps.clients.find(tenant.id, clientId))) throw notThere('client')
    await requireNotAboveOperator(deps, operator, tenant.id, clientId)
    return { kind: 'client', clientId }
  }
  if (rawVersionId !== undefined) {
    const ruleVersionId = parseRuleVersionId(rawVersionId)
    if (!ruleVersionId || !(await deps.rules.findVersion(tenant.id, ruleVersionId))) {
      throw notThere('ruleVersion')
    }
    return { kind: 'rule_version', ruleVersionId }
  }
  // A token in the place of its jti would be written down, and go on counting.
  if (maskOwnSecrets(rawJti ?? '') !== rawJti)
    throw invalidBody('jti', 'It must be a jti; send a token itself as token')
  const jti = parseTokenId(rawJti ?? '')
  if (!jti) throw invalidBody('jti', 'No token of this issuer has such a jti')
  const owner = await clientOf(deps, tenant.id, jti)
  if (owner) await requireNotAboveOperator(deps, operator, tenant.id, owner)
  return { kind: 'token', jti }
}

/** Undefined for a token whose log entry is not there: of an earlier release, or of nobody. */
async function clientOf(
  { logEntries }: RevocationHandlerDeps,
  tenantId: Revocation['tenantId'],
  jti: string,
): Promise<ClientId | undefined> {
  const id = parseLogEntryId(jti)
  const entry = id && (await logEntries.find(tenantId, id))
  return entry?.type === 'seccft' ? entry.clientId : undefined
}

function inWords(subject: RevocationSubject): string {
  switch (subject.kind) {
    case 'token':
      return `Revoked the token ${subject.jti}.`
    case 'client':
      return `Revoked all tokens of the client ${subject.clientId}.`
    case 'rule_version':
      return `Revoked all tokens that the rule version ${subject.ruleVersionId} shaped.`
  }
}

function onWire({ subject, revokedAt, expiresAt }: Revocation): RevocationOnWire {
  return {
    ...subjectOnWire(subject),
    revoked_at: revokedAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  }
}

function subjectOnWire(
  subject: RevocationSubject,
): Pick<RevocationOnWire, 'jti' | 'client_id' | 'rule_version_id'> {
  switch (subject.kind) {
    case 'token':
      return { jti: subject.jti }
    case 'client':
      return { client_id: subject.clientId }
    case 'rule_version':
      return { rule_version_id: subject.ruleVersionId }
  }
}
