import type { RuleChange, RuleToCreate } from '../contract/pipeline.ts'
import type { Call } from './call.ts'

export function pipelineCalls(call: Call) {
  return {
    get: () => call('GET', '/pipeline'),
    /** All rules of the pipeline, first to last. */
    order: (ids: string[]) => call('PATCH', '/pipeline', { body: { order: ids } }),
  }
}

export function ruleCalls(call: Call) {
  return {
    list: () => call('GET', '/pipeline/rules'),
    create: (body: RuleToCreate) => call('POST', '/pipeline/rules', { body }),
    get: (id: string) => call('GET', '/pipeline/rules/:id', { params: { id } }),
    /** New code or secrets make a new version, which the next token request runs. */
    update: (id: string, body: RuleChange) => call('PATCH', '/pipeline/rules/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/pipeline/rules/:id', { params: { id } }),
    /** Newest first. */
    versions: (id: string) => call('GET', '/pipeline/rules/:id/versions', { params: { id } }),
    version: (id: string, versionId: string) =>
      call('GET', '/pipeline/rules/:id/versions/:versionId', { params: { id, versionId } }),
  }
}
