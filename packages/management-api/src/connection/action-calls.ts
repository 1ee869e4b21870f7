import type { ActionBindingOrder } from '../contract/action-bindings.ts'
import type { ActionChange, ActionsQuery, ActionToCreate } from '../contract/actions.ts'
import type { Call } from './call.ts'

export function actionCalls(call: Call) {
  return {
    list: (query: ActionsQuery = {}) => call('GET', '/actions/actions', { query }),
    create: (body: ActionToCreate) => call('POST', '/actions/actions', { body }),
    get: (id: string) => call('GET', '/actions/actions/:id', { params: { id } }),
    /** Changes the draft, and nothing that runs. */
    update: (id: string, body: ActionChange) =>
      call('PATCH', '/actions/actions/:id', { params: { id }, body }),
    /** `force` when it is bound. */
    delete: (id: string, query: { force?: boolean } = {}) =>
      call('DELETE', '/actions/actions/:id', { params: { id }, query }),
    /** Makes a version of the draft, which the next token request runs if the Action is bound. */
    deploy: (id: string) => call('POST', '/actions/actions/:id/deploy', { params: { id } }),
    /** Runs the draft once; members that the event lacks come from a sample. */
    test: (id: string, event: object = {}) =>
      call('POST', '/actions/actions/:id/test', { params: { id }, body: { payload: { event } } }),
    execution: (id: string) => call('GET', '/actions/executions/:id', { params: { id } }),
  }
}

export function actionVersionCalls(call: Call) {
  return {
    /** Newest first. */
    list: (id: string, query: { page?: number; per_page?: number } = {}) =>
      call('GET', '/actions/actions/:id/versions', { params: { id }, query }),
    get: (id: string, versionId: string) =>
      call('GET', '/actions/actions/:id/versions/:versionId', { params: { id, versionId } }),
    /** Makes a new version with the content of this one; with `update_draft` the draft gets it, too. */
    deploy: (id: string, versionId: string, body: { update_draft?: boolean } = {}) =>
      call('POST', '/actions/actions/:id/versions/:versionId/deploy', { params: { id, versionId }, body }),
  }
}

export function actionBindingCalls(call: Call) {
  const path = '/actions/triggers/:triggerId/bindings'
  return {
    triggers: () => call('GET', '/actions/triggers'),
    list: (triggerId: string, query: { page?: number; per_page?: number } = {}) =>
      call('GET', path, { params: { triggerId }, query }),
    /** All Actions that are to run, first to last. */
    update: (triggerId: string, body: ActionBindingOrder) =>
      call('PATCH', path, { params: { triggerId }, body }),
  }
}
