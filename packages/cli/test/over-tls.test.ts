/** Both programs against a server that made its certificate itself, as processes that trust its authority or do not. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import { checkCertificate } from '../src/doctor/tls-check.ts'
import { wtCliBins } from './install-wt-cli.ts'
import { makeHome, run, type TestHome } from './run-program.ts'

const bins = {
  tallystick: fileURLToPath(new URL('../bin/tallystick.js', import.meta.url)),
  wt: fileURLToPath(new URL('../bin/wt.js', import.meta.url)),
}
let server: TlsServer
let home: TestHome
let trusting: Record<string, string>

beforeAll(async () => {
  server = await startTlsServer()
  home = makeHome()
  trusting = { NODE_EXTRA_CA_CERTS: server.authorityPath }
})
afterAll(async () => {
  home.remove()
  await server.close()
})

const wtInit = () => {
  const { url, container, token } = server.bootstrap.webtask
  return ['init', '--url', url, '--container', container, '--token', token]
}

test('without the authority, both say how to name it', async () => {
  const env = { TALLYSTICK_DATA_DIR: server.dataDir }
  const doctor = await run(home, bins.tallystick, ['apis', 'list'], '', env)
  expect(doctor.code).not.toBe(0)
  expect(doctor.err).toMatch(/authority that this machine does not trust.*\n.*NODE_EXTRA_CA_CERTS/)

  await run(home, bins.wt, wtInit(), '', trusting)
  const listed = await run(home, bins.wt, ['ls'], '')
  expect([listed.code, listed.err]).toEqual([7, expect.stringContaining('NODE_EXTRA_CA_CERTS')])
})

test('http instead of https is told', async () => {
  const env = { ...trusting, TALLYSTICK_DATA_DIR: server.dataDir }
  const args = ['doctor', '--url', server.origin.replace('https', 'http')]
  const ended = await run(home, bins.tallystick, args, '', env)
  expect(ended.code).not.toBe(0)
  expect(ended.out).toContain('use https:// in the URL')
})

test('with the authority, both work', async () => {
  const env = { ...trusting, TALLYSTICK_DATA_DIR: server.dataDir }
  const doctor = await run(home, bins.tallystick, ['doctor'], '', env)
  expect([doctor.code, doctor.out]).toEqual([
    0,
    expect.stringMatching(/ok {6}certificate: valid until \d{4}-\d\d-\d\d, issued by Tallystick private CA/),
  ])
  expect(doctor.out).toContain('tls/ca-key.pem')
  expect((await run(home, bins.wt, wtInit(), '', trusting)).code).toBe(0)
  expect((await run(home, bins.wt, ['ls'], '', trusting)).code).toBe(0)
})

test('the public wt client works, too', async () => {
  const publicHome = makeHome()
  const initialised = await run(publicHome, wtCliBins.wt, wtInit(), '', trusting)
  expect([initialised.code, initialised.err]).toEqual([0, ''])
  const listed = await run(publicHome, wtCliBins.wt, ['ls'], '', trusting)
  expect([listed.code, listed.err]).toEqual([0, ''])
  publicHome.remove()
})

test('a certificate fails the doctor two weeks before its end', async () => {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)
  expect(await checkCertificate(server.origin, inDays(382))).toMatchObject([{ state: 'ok' }])
  expect(await checkCertificate(server.origin, inDays(384))).toMatchObject([
    { state: 'failed', found: expect.stringMatching(/: 1[23] days from now$/) },
  ])
  expect(await checkCertificate('http://localhost:8420', inDays(0))).toEqual([])
})
