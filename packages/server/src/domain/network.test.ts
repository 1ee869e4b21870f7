import { expect, test } from 'vitest'
import { networkOf } from './network.ts'

test.each(['192.0.2.1', '::1', '::ffff:192.0.2.1', 'fe80::1%eth0', '', 'unknown'])(
  'is an address of its own: %s',
  (address) => {
    expect(networkOf(address)).toBe(address)
  },
)

test.each([
  ['192.0.2.1:49152', '192.0.2.1'],
  ['[2001:db8::1]:443', '2001:db8:0:0::/64'],
  ['[2001:db8::1]', '2001:db8:0:0::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:DB8:0:0:ffff::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:1::', '2001:db8:0:1::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['fd00::a:0:0:1', 'fd00:0:0:0::/64'],
])('%s is one of the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
