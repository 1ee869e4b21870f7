/** How a client assertion is signed, and what of its header is believed (RFC 8725). */
import { createSecretKey, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { type Algorithm, createKeyClient, createKeyPair, signAssertion } from './assertion-client.ts'
import {
  expectRefusal,
  issuer,
  now,
  pair,
  present,
  seconds,
  sign,
  useAssertionDoor,
} from './assertion-door.ts'

const door = useAssertionDoor()

test('an assertion that is not signed is refused', async () => {
  const [, claims = ''] = (await sign()).split('.')
  const header = Buffer.from('{"alg":"none"}').toString('base64url')
  await expectRefusal(`${header}.${claims}.`)
  await expectRefusal(`${header}.${claims}.AAAA`)
})

test('an HMAC that is keyed with the public key, or with a secret, is refused', async () => {
  const jwk = JSON.stringify(pair.publicKey.export({ format: 'jwk' }))
  for (const [id, text] of [
    [door().clientId, pair.pem],
    [door().clientId, jwk],
    [door().server.billing.id, door().server.billing.secret],
  ] as const) {
    const iat = seconds()
    const jwt = await new SignJWT({
      iss: id,
      sub: id,
      aud: issuer,
      iat,
      exp: iat + 60,
      jti: randomUUID(),
    })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(createSecretKey(Buffer.from(text)))
    await expectRefusal(jwt)
  }
})

test('an RSA signature under a header of another algorithm is refused', async () => {
  const [, claims, signature] = (await sign()).split('.')
  for (const alg of ['ES256', 'PS256', 'RS384', 'EdDSA', 'RS512', 'none', 'rs256']) {
    const header = Buffer.from(JSON.stringify({ alg })).toString('base64url')
    await expectRefusal(`${header}.${claims}.${signature}`)
  }
})

test('an algorithm that the key could do and is not registered for is refused', async () => {
  await expectRefusal(await sign({}, { alg: 'PS256' }))
  await expectRefusal(await sign({}, { alg: 'RS384' }))
})

test('a key that the assertion brings along is not looked at', async () => {
  const attacker = createKeyPair('RS256')
  const jwk = attacker.publicKey.export({ format: 'jwk' })
  await expectRefusal(await sign({}, { jwk }, attacker))
  await expectRefusal(await sign({}, { jku: `${door().server.url}/jwks.json` }, attacker))
  await expectRefusal(await sign({}, { x5u: `${door().server.url}/cert.pem`, x5c: ['MIIB'] }, attacker))
})

test('a kid of nobody, of another client, or of a path is refused', async () => {
  const [other] = await door().server.management.clientCredentials.list(door().ecClientId)
  for (const kid of ['unknown', other?.kid, '../../etc/passwd', '']) {
    await expectRefusal(await sign({}, { kid }))
  }
})

test('extensions of the header are refused', async () => {
  const [, claims, signature] = (await sign()).split('.')
  for (const header of ['{"alg":"RS256","crit":["x"],"x":1}', '{"alg":"RS256","b64":false}', 'null', '[]']) {
    await expectRefusal(`${Buffer.from(header).toString('base64url')}.${claims}.${signature}`)
  }
})

test('what is no compact JWT is refused', async () => {
  const jwt = await sign()
  const json = JSON.stringify({ payload: jwt.split('.')[1], signatures: [] })
  for (const text of [
    `${jwt}.`,
    `${jwt}=`,
    ` ${jwt}`,
    `${jwt}\n`,
    jwt.replace('.', '..'),
    `${jwt}.a.b`,
    json,
    'x',
  ]) {
    await expectRefusal(text)
  }
  const list = Buffer.from('[]').toString('base64url')
  const [header, , signature] = jwt.split('.')
  await expectRefusal(`${header}.${list}.${signature}`)
})

test.each<Algorithm>(['RS256', 'RS384', 'PS256', 'ES256', 'EdDSA'])(
  'a client may sign with %s, and name its key',
  async (algorithm) => {
    const own = createKeyPair(algorithm)
    const { id } = await createKeyClient(door().server.management, own)
    const [credential] = await door().server.management.clientCredentials.list(id)
    for (const kid of [undefined, credential?.kid]) {
      const jwt = await signAssertion(
        own,
        { clientId: id, issuer, now: now() },
        {},
        kid === undefined ? {} : { kid },
      )
      expect((await present(jwt)).status).toBe(200)
    }
  },
)
