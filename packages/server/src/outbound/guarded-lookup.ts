/** A resolver that knows only addresses which are allowed, so that no name can lead where its address could not. */
import { isIP, type LookupFunction } from 'node:net'

/** `refusal`: what the connection ends with when no address is left. */
export function createGuardedLookup(
  resolve: LookupFunction,
  isAllowed: (address: string) => boolean,
  refusal: () => Error,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 0)
      const all = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }]
      const addresses = all.filter(({ address }) => isAllowed(address))
      const [first] = addresses
      if (first === undefined) return callback(refusal(), '', 0)
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}
