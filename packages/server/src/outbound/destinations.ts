/**
 * What may be connected to on behalf of a tenant's operator, who need not be an operator of the host: https and public
 * addresses, and what the host's operator lists beyond; this server itself never.
 */
import { isIP } from 'node:net'
import { type AddressRange, isAddressAllowed, type Listener, portOf } from './address-policy.ts'

export interface Destinations {
  /** May anything be sent to this address? */
  readonly isAllowed: (address: string, port: number) => boolean
  /** Also without TLS? */
  readonly isAllowedInPlain: (address: string, port: number) => boolean
}

/** Without TLS goes only what stays where the host's operator has listed it. */
export function destinationsBeside(
  listed: readonly AddressRange[],
  listening: readonly Listener[],
): Destinations {
  const isAllowed = (address: string, port: number) => isAddressAllowed(address, port, listed, listening)
  return {
    isAllowed,
    isAllowedInPlain: (address, port) =>
      isAllowed(address, port) && !isAddressAllowed(address, port, [], listening),
  }
}

/** Whether what this URL names may be reached at this address. */
export function mayReachAt(destinations: Destinations, url: URL, address: string): boolean {
  return url.protocol === 'https:'
    ? destinations.isAllowed(address, portOf(url))
    : destinations.isAllowedInPlain(address, portOf(url))
}

/** False when nothing will ever be reached at this URL, as far as it can be seen in it. */
export function mayEverReach(destinations: Destinations, url: URL): boolean {
  const address = url.hostname.replace(/^\[|\]$/g, '')
  return isIP(address) === 0 || mayReachAt(destinations, url, address)
}
