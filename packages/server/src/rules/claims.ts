/**
 * Which claims a rule may set. There are two sets of rules: webtasks and Hooks keep the old one, in which a claim needs a
 * URL for a name; Actions may set any name that means nothing to those who issue and check tokens. What is dropped is
 * named, with the reason: the most common complaint of the old platform was a claim that vanished without a word.
 */
import { maxCustomClaimBytes, type RuleModel } from '../domain/rule.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface DroppedClaim {
  readonly name: string
  /** Half a sentence. */
  readonly why: string
}

/** What a rule handed over is not what a rule may hand over: the exchange fails. The message is for the log. */
export class BadRuleResultError extends Error {
  override readonly name = 'BadRuleResultError'
}

const vendorHosts = ['auth0.com', 'webtask.io', 'webtask.run']
const vendorUrn = /^urn:auth0(?::|$)/i

// Those that mean something to issuers and checkers of tokens. `scope` is changed by other means: as a claim it would
// pass by what the client was granted.
const reservedClaims = new Set(
  `scope acr act active amr at_hash ath attest aud auth_time authorization_details azp c_hash client_id cnf cty dest
  entitlements events exp groups gty htm htu iat internalService iss jcard jku jti jwe jwk kid may_act mky nbf nonce
  object_id org_id org_name orig origid permissions roles rph s_hash sid sip_callid sip_cseq_num sip_date sip_from_tag
  sip_via_branch status sub sub_jwk toe txn typ uuid vot vtm x5t#S256`.split(/\s+/),
)

/** A token may lack each, and programs that do not mind capitals, as those in Go, would read another spelling for it. */
const namesOfRights = new Set(['SCOPE', 'PERMISSIONS', 'CLIENT_ID', 'AZP'])

const faultsOfModel: Record<RuleModel, (name: string) => string | undefined> = {
  callback: namespacedClaimFault,
  action: actionClaimFault,
}

/** Splits what a rule set into the claims it may set and those that are dropped; a later one of a name overwrites. */
export function splitClaims(
  model: RuleModel,
  set: readonly (readonly [name: string, value: unknown])[],
): { claims: Claims; dropped: DroppedClaim[] } {
  const claims: (readonly [string, unknown])[] = []
  const dropped: DroppedClaim[] = []
  for (const [name, value] of set) {
    const why = faultsOfModel[model](name) ?? (value === undefined ? 'its value is undefined' : undefined)
    if (why === undefined) claims.push([name, value])
    else dropped.push({ name, why })
  }
  return { claims: Object.fromEntries(claims), dropped }
}

/** Why a callback rule may not set it; undefined when it may. */
function namespacedClaimFault(name: string): string | undefined {
  const url = webUrl(name)
  if (url === null)
    return 'a claim needs a name that is an http or https URL, and standard claims cannot be set'
  return isVendors(url) ? 'its namespace is not yours' : undefined
}

/** Why an Action may not set it; undefined when it may. */
function actionClaimFault(name: string): string | undefined {
  // The last one is a name that programs which read the token could take for something else.
  if (name === '' || name === '__proto__') return 'this is no name for a claim'
  if (reservedClaims.has(name) || namesOfRights.has(name.toUpperCase())) return 'the name is reserved'
  const url = webUrl(name)
  return vendorUrn.test(name) || (url !== null && isVendors(url)) ? 'its namespace is not yours' : undefined
}

function webUrl(name: string): URL | null {
  const url = URL.parse(name)
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : null
}

function isVendors({ hostname }: URL): boolean {
  const host = hostname.replace(/\.$/, '')
  return vendorHosts.some((vendor) => host === vendor || host.endsWith(`.${vendor}`))
}

/** @throws BadRuleResultError when all custom claims of a token together are larger than 100 kB as JSON. */
export function refuseOversizedClaims(claims: Claims): void {
  const bytes = Buffer.byteLength(JSON.stringify(claims))
  if (bytes > maxCustomClaimBytes) {
    throw new BadRuleResultError(
      `The custom claims have ${bytes} bytes; at most ${maxCustomClaimBytes} are allowed.`,
    )
  }
}
