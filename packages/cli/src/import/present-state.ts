/** What the tenant holds now, as far as an import has to compare with it. */
import type { Connection } from '@tallystick/management-api/connect'
import type { ActionBinding } from '@tallystick/management-api/contract/action-bindings'
import type { Action } from '@tallystick/management-api/contract/actions'
import type { ClientGrant } from '@tallystick/management-api/contract/client-grants'
import type { Client } from '@tallystick/management-api/contract/clients'
import type { Hook } from '@tallystick/management-api/contract/hooks'
import type { ResourceServer } from '@tallystick/management-api/contract/resource-servers'
import type { TenantSettings } from '@tallystick/management-api/contract/tenant-settings'
import { machineTrigger } from './machine-trigger.ts'

export interface PresentHook extends Hook {
  readonly secretNames: readonly string[]
}

export interface PresentState {
  readonly settings: TenantSettings
  readonly apis: readonly ResourceServer[]
  readonly clients: readonly Client[]
  readonly grants: readonly ClientGrant[]
  readonly hooks: readonly PresentHook[]
  readonly actions: readonly Action[]
  readonly bindings: readonly ActionBinding[]
}

type ReadPage<Item> = (page: { page: number; per_page: number }) => Promise<readonly Item[]>

/** Ends at the page that is not full. */
async function allOf<Item>(readPage: ReadPage<Item>): Promise<readonly Item[]> {
  const all: Item[] = []
  for (let page = 0; ; page++) {
    const items = await readPage({ page, per_page: 100 })
    all.push(...items)
    if (items.length < 100) return all
  }
}

export async function readPresentState(connection: Connection): Promise<PresentState> {
  const { actions, actionBindings, clientGrants, clients, resourceServers, tenantSettings } = connection
  return {
    settings: await tenantSettings.get(),
    apis: await allOf(async (page) => (await resourceServers.list(page)).resource_servers),
    clients: await allOf(async (page) => (await clients.list(page)).clients),
    grants: await allOf(async (page) => (await clientGrants.list(page)).client_grants),
    hooks: await readHooks(connection),
    actions: await allOf(async (page) => (await actions.list(page)).actions),
    bindings: await allOf(async (page) => (await actionBindings.list(machineTrigger, page)).bindings),
  }
}

/** Lists of Hooks come without scripts and secrets. */
async function readHooks({ hooks, hookSecrets }: Connection): Promise<readonly PresentHook[]> {
  const listed = await allOf(async (page) => {
    const answer = await hooks.list({ ...page, triggerId: machineTrigger })
    return Array.isArray(answer) ? answer : answer.hooks
  })
  return Promise.all(
    listed.map(async ({ id }) => ({
      ...(await hooks.get(id)),
      secretNames: Object.keys(await hookSecrets.get(id)),
    })),
  )
}
