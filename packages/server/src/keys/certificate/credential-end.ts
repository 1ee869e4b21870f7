/** When a credential of a client proves nothing any more. */
import type { ClientCredential } from '../../domain/client-credential.ts'
import { createKeptKeys } from '../kept-keys.ts'
import { readCertificate } from './certificate-facts.ts'

/** Undefined of one that goes on until it is deleted. */
export type EndOfCredential = (credential: ClientCredential) => Date | undefined

export function createEndOfCredential(): EndOfCredential {
  const kept = createKeptKeys<Date>()

  /** `der` is in base64; undefined when it is no certificate, which answers for nobody. */
  function endOfAuthority(der: string): Date | undefined {
    const known = kept.get(der)
    if (known) return known
    const authority = readCertificate(Buffer.from(der, 'base64'))
    return authority && kept.keep(der, authority.validToDate)
  }

  return (credential) => {
    const { expiresAt } = credential
    if (credential.type === 'public_key' || credential.type === 'x509_cert') return expiresAt
    // Any of its authorities may answer for a name, so it goes on as long as one of them does.
    const ends = credential.authorities.flatMap((der) => endOfAuthority(der)?.getTime() ?? [])
    const end = new Date(Math.max(0, ...ends))
    return expiresAt && expiresAt < end ? expiresAt : end
  }
}
