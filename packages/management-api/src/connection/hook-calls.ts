import type { HookChange, HooksQuery, HookToCreate, SentHookSecrets } from '../contract/hooks.ts'
import type { Call } from './call.ts'

export function hookCalls(call: Call) {
  return {
    /** Without their scripts. */
    list: (query: Omit<HooksQuery, 'include_totals'> = {}) => call('GET', '/hooks', { query }),
    /** Disabled, unless the body says otherwise. */
    create: (body: HookToCreate) => call('POST', '/hooks', { body }),
    get: (id: string) => call('GET', '/hooks/:id', { params: { id } }),
    /** A new script or other dependencies make a new version, which the next token request runs. */
    update: (id: string, body: HookChange) => call('PATCH', '/hooks/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/hooks/:id', { params: { id } }),
  }
}

/** Values go in and never come out. */
export function hookSecretCalls(call: Call) {
  const path = '/hooks/:id/secrets'
  return {
    get: (id: string) => call('GET', path, { params: { id } }),
    /** Refused when the Hook has one of the names already. */
    add: (id: string, body: SentHookSecrets) => call('POST', path, { params: { id }, body }),
    change: (id: string, body: SentHookSecrets) => call('PATCH', path, { params: { id }, body }),
    remove: (id: string, names: string[]) => call('DELETE', path, { params: { id }, body: names }),
  }
}
