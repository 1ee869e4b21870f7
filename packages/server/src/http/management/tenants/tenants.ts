/**
 * The tenants of the server, which the operators of the default tenant manage. Elsewhere nobody can name another
 * tenant, nor learn whether there is one.
 */
import type { Tenant as TenantOnWire } from '@tallystick/management-api/contract/tenants'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import { issuerOf } from '../../../domain/issuer.ts'
import {
  maxTenants,
  type Tenant,
  type TenantName,
  type TenantProfile,
  type TenantStore,
  tenantNameFrom,
} from '../../../domain/tenant.ts'
import type { Write } from '../../../domain/write.ts'
import { revealSecret, type SecretText } from '../../../keys/secret/secret-text.ts'
import { withoutDefaultPort } from '../../pick-tenant.ts'
import type { RecordChange } from '../../record-change.ts'
import type { Call, Handlers } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { notThere } from '../operation/not-there.ts'
import { answerList } from '../operation/page.ts'

interface PlannedTenant {
  readonly tenant: Tenant
  readonly management: { readonly clientId: string; readonly secret: SecretText }
  readonly webtaskToken: SecretText
  readonly writes: readonly Write[]
}

export interface TenantHandlerDeps {
  readonly tenants: Pick<TenantStore, 'list' | 'count' | 'findByName' | 'remove'>
  /** What a new tenant begins with. */
  readonly planTenant: (named: {
    name: TenantName
    origin: string
    profile: TenantProfile
  }) => Promise<PlannedTenant>
  /** Resolves when nothing is left of deleted tenants. */
  readonly finishRemovals: () => Promise<void>
  readonly recordChange: RecordChange
  readonly now: () => Date
}

export function createTenantHandlers(
  deps: TenantHandlerDeps,
): Pick<Handlers, 'listTenants' | 'createTenant' | 'getTenant' | 'deleteTenant'> {
  return {
    async listTenants({ request, query }) {
      requireDefaultTenant(request)
      return answerList(query, 'tenants', {
        list: (page) => deps.tenants.list(page),
        count: () => deps.tenants.count(),
        onWire: (tenants) => tenants.map((tenant) => onWire(request, tenant)),
      })
    },

    async createTenant({ request, body }) {
      requireDefaultTenant(request)
      const name = tenantNameFrom(body.name)
      if (!name) throw invalidBody('name', 'This name is taken by a path of the management API')
      const origin = originFrom(body.origin, request)
      if ((await deps.tenants.count()) >= maxTenants) throw tooManyTenants()
      const planned = await deps.planTenant({ name, origin, profile: body.profile ?? 'rfc' })
      await deps.recordChange(request, {
        description: `Created the tenant ${name} at ${origin}.`,
        status: 201,
        writes: planned.writes,
      })
      const { management, webtaskToken } = planned
      return {
        origin,
        tenant: name,
        management: {
          client_id: management.clientId,
          client_secret: revealSecret(management.secret),
          audience: issuerOf(planned.tenant, origin).managementAudience,
        },
        webtask: { url: origin, container: name, token: revealSecret(webtaskToken) },
        starter: null,
      }
    },

    async getTenant({ request, param }) {
      requireDefaultTenant(request)
      const tenant = await findTenant(deps, param)
      if (!tenant) throw notThere('tenant')
      return onWire(request, tenant)
    },

    async deleteTenant({ request, param }) {
      requireDefaultTenant(request)
      const tenant = await findTenant(deps, param)
      if (tenant?.id === request.tenant.id) throw defaultTenantStays()
      await deps.recordChange(request, {
        description: tenant ? `Deleted the tenant ${tenant.name}.` : 'Deleted a tenant that was not there.',
        status: 204,
        writes: tenant ? [deps.tenants.remove(tenant.id, deps.now())] : [],
      })
      await deps.finishRemovals()
    },
  }
}

// Only the default tenant offers these scopes; this check holds even where stored data says otherwise.
function requireDefaultTenant(request: FastifyRequest): void {
  if (request.tenant.origin === undefined) return
  throw new ManagementError(
    'operation_not_supported',
    'Tenants are managed from the default tenant of this server, not from here.',
  )
}

async function findTenant(
  { tenants }: TenantHandlerDeps,
  param: Call<'getTenant'>['param'],
): Promise<Tenant | undefined> {
  const name = tenantNameFrom(param('id'))
  return name && tenants.findByName(name)
}

/** In the spelling that URL parsers produce, so that one origin has one spelling: the issuer is made from it. */
function originFrom(text: string, { issuer }: FastifyRequest): string {
  const url = URL.parse(text)
  if (!url || url.origin !== text) {
    throw invalidBody(
      'origin',
      'It must be http:// or https://, a lower-case host and an optional port, nothing more',
    )
  }
  // Any other port is fine there; these two a proxy may add to, or leave out of, the host of another tenant.
  if (!plainHost.test(url.host) || withoutDefaultPort(url.host) !== url.host) {
    throw invalidBody(
      'origin',
      'Its host has letters, digits, dots, - and _ alone, or is an address; port 443 is for https and port 80 for http',
    )
  }
  if (url.host === withoutDefaultPort(new URL(issuer.origin).host)) {
    throw new ManagementError(
      'conflict',
      'This host is that of the default tenant. Give the tenant one of its own.',
    )
  }
  return url.origin
}

const plainHost = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d+)?$/

function tooManyTenants(): ManagementError {
  return new ManagementError(
    'operation_not_supported',
    `This server has ${maxTenants} tenants, which is as many as it takes. Delete one first.`,
  )
}

function defaultTenantStays(): ManagementError {
  return new ManagementError(
    'operation_not_supported',
    'The default tenant cannot be deleted: the others are managed from it.',
  )
}

function onWire({ issuer }: FastifyRequest, tenant: Tenant): TenantOnWire {
  return {
    name: tenant.name,
    origin: tenant.origin ?? issuer.origin,
    profile: tenant.profile,
    is_default: tenant.origin === undefined,
    created_at: tenant.createdAt.toISOString(),
  }
}
