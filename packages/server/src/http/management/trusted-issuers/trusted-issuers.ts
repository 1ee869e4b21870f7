/** Trusted issuers on the wire ↔ trusted issuers of the domain. */
import type { FastifyRequest } from 'fastify'
import type { ClientStore } from '../../../domain/client.ts'
import { ManagementError } from '../../../domain/errors.ts'
import {
  maxTrustedIssuers,
  parseTrustedIssuerId,
  type TrustedIssuer,
  type TrustedIssuerId,
  type TrustedIssuerStore,
} from '../../../domain/trusted-issuer.ts'
import type { CheckTrustRule } from '../../../rules/run-trust-rule.ts'
import type { ExplainToken } from '../../../token/trusted-issuer/explain-token.ts'
import type { RecordChange } from '../../record-change.ts'
import type { Operator } from '../access/access.ts'
import { type OwnScopesDeps, requireNotAboveOperator } from '../access/own-scopes.ts'
import type { Handlers } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { notThere } from '../operation/not-there.ts'
import { refusingBadRules } from '../pipeline/rule-refusal.ts'
import { changedTrustedIssuer, trustedIssuerToCreate } from './trusted-issuer-from-wire.ts'
import { explanationOnWire, trustedIssuerOnWire } from './trusted-issuer-on-wire.ts'

export interface TrustedIssuerHandlerDeps extends OwnScopesDeps {
  readonly trustedIssuers: TrustedIssuerStore
  readonly clients: Pick<ClientStore, 'find'>
  readonly checkTrustRule: CheckTrustRule
  readonly explainToken: ExplainToken
  readonly whyNotFetched: (url: URL) => string | undefined
  readonly recordChange: RecordChange
  readonly newId: { readonly trustedIssuer: () => TrustedIssuerId }
  readonly now: () => Date
}

type TrustedIssuerHandlers = Pick<
  Handlers,
  | 'listTrustedIssuers'
  | 'createTrustedIssuer'
  | 'explainToken'
  | 'getTrustedIssuer'
  | 'updateTrustedIssuer'
  | 'deleteTrustedIssuer'
>

export function createTrustedIssuerHandlers(deps: TrustedIssuerHandlerDeps): TrustedIssuerHandlers {
  return {
    listTrustedIssuers: async ({ request }) =>
      (await deps.trustedIssuers.list(request.tenant.id)).map(trustedIssuerOnWire),

    async createTrustedIssuer({ request, operator, body }) {
      const { id: tenantId } = request.tenant
      const all = await deps.trustedIssuers.list(tenantId)
      refuseOneTooMany(all)
      const made = {
        tenantId,
        id: deps.newId.trustedIssuer(),
        now: deps.now(),
        ownIssuer: request.issuer.issuer,
      }
      const trusted = trustedIssuerToCreate(body, { ...made, whyNotFetched: deps.whyNotFetched })
      refuseKnownIssuer(all, trusted)
      await requireSound(deps, operator, trusted)
      await deps.recordChange(request, {
        description: `Created the trusted issuer ${trusted.name}.`,
        status: 201,
        writes: [deps.trustedIssuers.insert(trusted)],
      })
      return trustedIssuerOnWire(trusted)
    },

    async explainToken({ request, body }) {
      const { tenant, issuer } = request
      const explained = await deps.explainToken({
        tenant,
        issuer,
        jwt: body.token,
        clientId: body.client_id,
        isForManagement: body.audience === issuer.managementAudience,
      })
      // The log says that somebody asked, but not about which token.
      await deps.recordChange(request, {
        description: 'Explained a token of another issuer.',
        status: 200,
        writes: [],
      })
      return explanationOnWire(explained)
    },

    getTrustedIssuer: async ({ request, param }) =>
      trustedIssuerOnWire(await requireTrustedIssuer(deps, request, param('id'))),

    async updateTrustedIssuer({ request, operator, param, body }) {
      const stored = await requireTrustedIssuer(deps, request, param('id'))
      // Whoever changes its keys can act as every client that it proves, so the present matches are checked, too.
      await requireNoneAbove(deps, operator, stored)
      const { whyNotFetched } = deps
      const trusted = changedTrustedIssuer(stored, body, { now: deps.now(), whyNotFetched })
      await requireSound(deps, operator, trusted, stored)
      await deps.recordChange(request, {
        description: `Changed the trusted issuer ${trusted.name}.`,
        status: 200,
        writes: [deps.trustedIssuers.update(trusted, stored)],
      })
      return trustedIssuerOnWire(trusted)
    },

    async deleteTrustedIssuer({ request, operator, param }) {
      const stored = await requireTrustedIssuer(deps, request, param('id'))
      await requireNoneAbove(deps, operator, stored)
      await deps.recordChange(request, {
        description: `Deleted the trusted issuer ${stored.name}.`,
        status: 204,
        writes: [deps.trustedIssuers.remove(stored.tenantId, stored.id)],
      })
      return undefined
    },
  }
}

async function requireTrustedIssuer(
  { trustedIssuers }: TrustedIssuerHandlerDeps,
  { tenant }: FastifyRequest,
  rawId: string,
): Promise<TrustedIssuer> {
  const id = parseTrustedIssuerId(rawId)
  const trusted = id && (await trustedIssuers.find(tenant.id, id))
  if (!trusted) throw notThere('trustedIssuer')
  return trusted
}

function refuseOneTooMany(all: readonly TrustedIssuer[]): void {
  if (all.length < maxTrustedIssuers) return
  throw new ManagementError(
    'conflict',
    `There are ${maxTrustedIssuers} trusted issuers already; delete one first.`,
  )
}

// Of two at the same time, the database refuses the second.
function refuseKnownIssuer(all: readonly TrustedIssuer[], { issuer }: TrustedIssuer): void {
  if (!all.some((other) => other.issuer === issuer)) return
  throw new ManagementError('conflict', `The issuer ${issuer} is trusted already; change what is there.`)
}

/** Checks what only other objects can tell: that its clients exist, and that its rule compiles. */
async function requireSound(
  deps: TrustedIssuerHandlerDeps,
  operator: Operator,
  trusted: TrustedIssuer,
  stored?: TrustedIssuer,
): Promise<void> {
  if (trusted.matches !== stored?.matches) {
    for (const [at, { clientId }] of trusted.matches.entries()) {
      if (await deps.clients.find(trusted.tenantId, clientId)) continue
      throw invalidBody(`matches.${at}.client_id`, 'There is no such client')
    }
    await requireNoneAbove(deps, operator, trusted)
  }
  const { ruleSource } = trusted
  if (ruleSource === undefined || ruleSource === stored?.ruleSource) return
  await refusingBadRules(() => deps.checkTrustRule(ruleSource))
}

/** A rule could name any client, but none runs for tokens of the management API, so it cannot give any away. */
async function requireNoneAbove(
  deps: TrustedIssuerHandlerDeps,
  operator: Operator,
  { tenantId, matches }: TrustedIssuer,
): Promise<void> {
  for (const clientId of new Set(matches.map((match) => match.clientId))) {
    await requireNotAboveOperator(deps, operator, tenantId, clientId)
  }
}
