import { expect, test } from 'vitest'
import { maskSecrets } from './mask-secrets.ts'

const hidden = 'hunter2hunter2'
const carriers = [
  JSON.stringify({ client_id: 'c', client_secret: hidden }),
  JSON.stringify({ client_secret: `with a quote " then ${hidden}` }),
  JSON.stringify({ signing_alg: 'HS256', signing_secret: hidden }),
  JSON.stringify({ access_token: hidden, expires_in: 1 }, undefined, 2),
  JSON.stringify({
    sink: { httpAuthorization: hidden, httpCustomHeaders: [{ header: 'a', value: hidden }] },
  }),
  JSON.stringify({ name: 'r', secrets: { KEY: hidden, OTHER: `}${hidden}` } }),
  `grant_type=client_credentials&client_secret=${hidden}&audience=a`,
  `https://host.example/api?token=${hidden}`,
  `authorization: Bearer ${hidden}`,
  `the secret tsk_client_${hidden} was printed`,
]

for (const text of carriers) {
  test(`no secret is left in ${text.replaceAll(hidden, '…')}`, () => {
    expect(maskSecrets(text)).not.toContain(hidden)
  })
}

test('what is no secret stays readable', () => {
  const text = '{"client_id":"c","audience":"https://api.example.com/","scope":"read"}'
  expect(maskSecrets(text)).toBe(text)
})
