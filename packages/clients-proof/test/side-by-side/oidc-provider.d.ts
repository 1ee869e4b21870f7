/** What the comparison uses of node-oidc-provider, which brings no types of its own. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    callback(): RequestListener
  }

  export namespace errors {
    class InvalidTarget extends Error {}
  }
}
