/** What a fault of another room becomes, of which no request of a test can be the cause. */
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { OAuthError } from '../domain/errors.ts'
import { sendError } from './respond.ts'

test('a status list whose key cannot be noted on disk is asked for again later, and is no fault', async () => {
  const app = fastify()
  app.setErrorHandler(sendError)
  app.get('/', () => {
    throw new OAuthError('temporarily_unavailable', 'The token could not be accounted for.')
  })
  const answer = await app.inject('/')
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1'])
  expect(answer.json()).toMatchObject({ errorCode: 'temporarily_unavailable' })
})
