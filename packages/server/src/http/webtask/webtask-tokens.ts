/** The tokens of this door: what one says, and how one ends. */
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../domain/errors.ts'
import type { RuleStore } from '../../domain/rule.ts'
import type { WebtaskTokenStore } from '../../domain/webtask-token.ts'
import type { Encryption } from '../../keys/secret/encryption.ts'
import type { RecordChange } from '../record-change.ts'
import type { DoorAccess, Visitor } from './door-access.ts'
import { parseInspectionQuery, parseTokenQuery } from './webtask-query.ts'
import { findWebtask, toInspected, type Webtask, webtaskUrl } from './webtask-rules.ts'
import { verifyWebtaskToken } from './webtask-token.ts'

export interface WebtaskTokensDeps {
  readonly access: DoorAccess
  readonly rules: RuleStore
  readonly webtaskTokens: WebtaskTokenStore
  readonly hashSecret: (text: string) => Uint8Array
  readonly encryption: Encryption
  readonly recordChange: RecordChange
  readonly jwtKey: Uint8Array
}

export function createWebtaskTokens(deps: WebtaskTokensDeps) {
  const { access, rules, webtaskTokens, recordChange } = deps
  let lastRevocation: Promise<unknown> = Promise.resolve()

  async function requireSubject({ tenant }: Visitor, token: string): Promise<Webtask> {
    const claims = verifyWebtaskToken(deps.jwtKey, token)
    const webtask =
      claims.container === tenant.name ? await findWebtask(rules, tenant.id, claims.name) : undefined
    if (webtask?.version.id === claims.versionId) return webtask
    throw new ManagementError(
      'not_found',
      'The webtask of this token was removed or replaced since. Ask for it by its name instead.',
    )
  }

  async function revokeManagementToken(request: FastifyRequest, visitor: Visitor): Promise<void> {
    const { tenant, token } = visitor
    if ((await webtaskTokens.list(tenant.id)).length < 2) {
      throw new ManagementError(
        'operation_not_supported',
        'This is the only management token of its container: without it nobody could manage these webtasks. Make another one first.',
      )
    }
    const writes = [webtaskTokens.remove(tenant.id, token.id)]
    await recordChange(request, {
      description: 'A webtask management token was revoked.',
      status: 204,
      writes,
    })
  }

  return {
    async inspect(request: FastifyRequest) {
      const visitor = await access.enter(request)
      const webtask = await requireSubject(visitor, parseTokenQuery(request.query))
      const url = webtaskUrl(request.issuer, visitor.tenant, webtask.rule.name)
      return toInspected(deps, url, visitor.tenant, webtask, parseInspectionQuery(request.query))
    },

    /** A webtask's token cannot outlive its webtask, so revoking it removes the rule. */
    async revoke(request: FastifyRequest): Promise<void> {
      const visitor = await access.enter(request)
      const token = parseTokenQuery(request.query)
      if (isSame(deps.hashSecret(token), visitor.token.hash)) {
        // One after the other, so that two requests cannot each leave the other's token as the last.
        const revocation = lastRevocation.then(() => revokeManagementToken(request, visitor))
        lastRevocation = revocation.catch(() => undefined)
        return revocation
      }
      const { rule } = await requireSubject(visitor, token)
      const description = `Rule ${rule.name} was removed: its webtask token was revoked.`
      const writes = [rules.remove(visitor.tenant.id, rule.id)]
      await recordChange(request, { description, status: 204, writes })
    },
  }
}

/** The bearer has just proven this very token, so the time of the comparison tells nothing new. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}
