const plainIpv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/
// Some proxies tell the port as well, which is another one for each connection.
const withPort = /^(?:(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}|\[([0-9a-f:.]+)\](?::\d{1,5})?)$/i

/**
 * Where a request comes from, for counting: an IPv4 address, or the 64 bits of an IPv6 address that name a network. Whoever
 * has one IPv6 address has the 2^64 of its network (RFC 6177), and would otherwise never be counted twice.
 */
export function networkOf(rawAddress: string): string {
  if (plainIpv4.test(rawAddress)) return rawAddress
  const [, v4, v6] = withPort.exec(rawAddress) ?? []
  const address = v4 ?? v6 ?? rawAddress
  const normal = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1)
  // Loopback, and IPv4 addresses in the notation of IPv6, are no networks.
  if (normal === undefined || normal.startsWith('::')) return address
  const [left = [], right = []] = normal.split('::').map((part) => part.split(':'))
  const between = Array.from({ length: 8 - left.length - right.length }, () => '0')
  const groups = normal.includes('::') ? [...left, ...between, ...right] : left
  return `${groups.slice(0, 4).join(':')}::/64`
}
