/**
 * What a Tallystick rule receives, may call and may return.
 *
 * A rule is one file of JavaScript or TypeScript that runs at each token request of your tenant, after the
 * client has been authenticated and before the token is signed. It may add claims, change scopes or refuse.
 * There are two models. Webtasks and Hooks are called with a callback:
 *
 * ```js
 * /// <reference types="@tallystick/rule-types" />
 *
 * /** @type {import('@tallystick/rule-types').CallbackRule} *\/
 * module.exports = function (client, scope, audience, context, cb) {
 *   if (client.metadata.suspended === 'yes') {
 *     return cb(new InvalidRequestError('This client is suspended. Ask the owner of the API.'))
 *   }
 *
 *   /** @type {import('@tallystick/rule-types').AccessTokenChanges} *\/
 *   const changes = { scope: [...scope, 'extra'] }
 *   changes['https://foo.example/plan'] = client.metadata.plan ?? 'free'
 *   console.log('the key has', context.webtask.secrets.BILLING_KEY?.length ?? 0, 'letters')
 *   cb(null, changes)
 * }
 * ```
 *
 * Actions are called with the event and what they can do about it:
 *
 * ```js
 * /** @type {import('@tallystick/rule-types').CredentialsExchangeAction} *\/
 * exports.onExecuteCredentialsExchange = async (event, api) => {
 *   if (event.client.metadata.suspended === 'yes') {
 *     api.access.deny('invalid_request', 'This client is suspended. Ask the owner of the API.')
 *     return
 *   }
 *   api.accessToken.setCustomClaim('plan', event.client.metadata.plan ?? 'free')
 *   console.log('the key has', event.secrets.BILLING_KEY?.length ?? 0, 'letters')
 * }
 * ```
 *
 * ```ts
 * import type { API, Event } from '@tallystick/rule-types'
 *
 * export const onExecuteCredentialsExchange = async (event: Event, api: API): Promise<void> => {
 *   api.transaction.removeTargetScope('admin').accessToken.setCustomClaim('from', event.request.ip)
 * }
 * ```
 *
 * Install this package beside your rules (`npm install -D @tallystick/rule-types @types/node`), set
 * `"checkJs": true`, and an editor completes and checks them. No code comes with it. `tallystick rules run`
 * runs a rule on your machine.
 *
 * What a rule finds beside its arguments:
 *
 * - the globals `console`, `setTimeout` and its kin, `queueMicrotask`, `fetch` with `Headers`, `Request`,
 *   `Response` and `AbortController`, `URL`, `URLSearchParams`, `TextEncoder`, `TextDecoder`, `atob`, `btoa`,
 *   `structuredClone`, `Buffer`, `crypto`, and a `process` without environment;
 * - `require` of the {@link BuiltinModule}s, with or without `node:` in front, and of the packages of npm
 *   that it was given as dependencies;
 * - in the callback model, three error classes.
 *
 * `fetch` reaches only the hosts that the tenant's settings allow. There is no file system, no other
 * network and no WebAssembly. A rule has one second and 64 MB unless the operator chose otherwise, and
 * an answer that never comes, a throw or a rejected promise means that no token is issued.
 */

export type * from './action.js'
export type * from './callback-rule.js'

/** The modules that `require` knows; any other name needs a dependency, or is refused when the rule is created. */
export type BuiltinModule =
  | 'assert'
  | 'buffer'
  | 'console'
  | 'crypto'
  | 'events'
  | 'http'
  | 'https'
  | 'os'
  | 'path'
  | 'process'
  | 'punycode'
  | 'querystring'
  | 'stream'
  | 'string_decoder'
  | 'timers'
  | 'tty'
  | 'url'
  | 'util'
