/**
 * Which addresses may be connected to. Public ones, if the tenant's list names the host; private ones, if
 * the operator lists them too; link-local and metadata addresses and our own listener never, in whatever
 * way they are written or reached.
 */
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'

export interface AddressRange {
  /** `10.0.0.0/8`, or one address. */
  readonly cidr: string
  readonly port: number
}

export interface Listener {
  readonly address: string
  readonly port: number
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Where clouds and container hosts keep credentials for whoever asks from within. */
const metadataAddresses = [
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd20:ce::254',
]
const metadata = new Set(metadataAddresses.map((text) => ipaddr.parse(text).toString()))

/** IPv6 prefixes that carry an IPv4 address, and the byte at which it begins. */
const carriers: [range: string, at: number][] = [
  ['::ffff:0:0/96', 12],
  ['::ffff:0:0:0/96', 12],
  ['64:ff9b::/96', 12],
  ['64:ff9b:1::/48', 12],
  ['2002::/16', 2],
  ['::/96', 12],
]

/** Is the host (and port) on the tenant's list? Entries are `host` or `host:port`, compared exactly. */
export function isHostAllowed(allow: readonly string[], url: URL): boolean {
  const host = url.hostname.toLowerCase()
  const withPort = `${host}:${portOf(url)}`
  return allow.some((entry) => {
    const wanted = entry.toLowerCase()
    return wanted === host || wanted === withPort || `[${wanted}]` === host
  })
}

export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

export function isAddressAllowed(
  address: string,
  port: number,
  privateRanges: readonly AddressRange[],
  listeners: readonly Listener[],
): boolean {
  if (!ipaddr.isValid(address)) return false
  const targets = unwrap(ipaddr.parse(address))
  if (targets.some((target) => isNever(target, port, listeners))) return false
  return targets.every(
    (target) => target.range() === 'unicast' || isCarrier(target) || isListed(target, port, privateRanges),
  )
}

/** The address itself and every IPv4 address that it may be a wrapping of. */
function unwrap(address: Address): Address[] {
  if (!(address instanceof ipaddr.IPv6)) return [address]
  const bytes = address.toByteArray()
  const found: Address[] = [address]
  for (const [range, at] of carriers) {
    if (!address.match(ipaddr.IPv6.parseCIDR(range))) continue
    if (range === '::/96' && address.range() !== 'unicast') continue
    found.push(new ipaddr.IPv4(bytes.slice(at, at + 4)))
  }
  return found
}

/** Judged by the address within alone; IPv4-mapped ones are that address. */
function isCarrier(address: Address): boolean {
  return (
    address instanceof ipaddr.IPv6 &&
    carriers.some(([range]) => range !== '::/96' && address.match(ipaddr.IPv6.parseCIDR(range)))
  )
}

function isNever(address: Address, port: number, listeners: readonly Listener[]): boolean {
  const range = address.range()
  if (range === 'linkLocal' || range === 'unspecified' || range === 'broadcast' || range === 'multicast')
    return true
  if (metadata.has(address.toString())) return true
  return listeners.some((listener) => listener.port === port && isSameHost(listener.address, address))
}

/** A listener on all addresses is reached by each address this host has. */
function isSameHost(listening: string, address: Address): boolean {
  if (!ipaddr.isValid(listening)) return isOwnAddress(address)
  const listener = ipaddr.process(listening)
  if (listener.range() === 'unspecified') return isOwnAddress(address)
  if (listener.range() === 'loopback' && address.range() === 'loopback') return true
  return listener.toString() === address.toString()
}

function isOwnAddress(address: Address): boolean {
  if (address.range() === 'loopback') return true
  const own = Object.values(networkInterfaces()).flatMap((interfaces) => interfaces ?? [])
  return own.some(
    (entry) => ipaddr.isValid(entry.address) && ipaddr.parse(entry.address).toString() === address.toString(),
  )
}

function isListed(address: Address, port: number, ranges: readonly AddressRange[]): boolean {
  return ranges.some((range) => {
    if (range.port !== port) return false
    const [network, bits] = parseRange(range.cidr)
    return network.kind() === address.kind() && address.match(network, bits)
  })
}

function parseRange(cidr: string): [Address, number] {
  if (cidr.includes('/')) return ipaddr.parseCIDR(cidr)
  const address = ipaddr.parse(cidr)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
