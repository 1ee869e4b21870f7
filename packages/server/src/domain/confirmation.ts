/** What a token is bound to: a key that whoever presents the token must hold (RFC 7800 §3). */
export type Confirmation =
  /** RFC 9449 §6.1: the RFC 7638 thumbprint (SHA-256, base64url) of the key that signs DPoP proofs. */
  | { readonly kind: 'dpop'; readonly jkt: string }
  /** RFC 8705 §3.1: the SHA-256 of the client certificate's DER, base64url. */
  | { readonly kind: 'mtls'; readonly x5tS256: string }

/** The claim `cnf`. */
export function confirmationClaim(confirmation: Confirmation): Readonly<Record<string, string>> {
  return confirmation.kind === 'dpop' ? { jkt: confirmation.jkt } : { 'x5t#S256': confirmation.x5tS256 }
}

/** The claim read back; undefined unless it says one thing that can be checked. */
export function confirmationFrom(claim: unknown): Confirmation | undefined {
  const members = Object.entries(Object(claim))
  const [[name, value] = [], ...more] = members
  if (more.length > 0 || typeof value !== 'string' || value === '') return undefined
  if (name === 'jkt') return { kind: 'dpop', jkt: value }
  return name === 'x5t#S256' ? { kind: 'mtls', x5tS256: value } : undefined
}
