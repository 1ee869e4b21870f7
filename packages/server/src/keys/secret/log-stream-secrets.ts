/**
 * What a log stream keeps secret: the values of its headers, which its receiver knows it by, and the secret with which
 * each message is signed (Standard Webhooks 1.0: HMAC-SHA-256 over id, time and body).
 */
import { createHmac } from 'node:crypto'
import type { LogStream } from '../../domain/log-stream.ts'
import type { EncryptedValue } from '../../domain/rule.ts'
import type { Encryption, RowIdentity } from './encryption.ts'
import type { SecretText } from './secret-text.ts'

export type LogStreamField = 'authorization' | 'signing_secret' | `header ${string}`

type StreamIdentity = Pick<LogStream, 'tenantId' | 'id'>

/** One request to a receiver. */
export interface StreamMessage {
  /** The same when it is sent again. */
  readonly id: string
  readonly sentAt: Date
  readonly body: string
}

export interface LogStreamSecrets {
  encrypt(stream: StreamIdentity, field: LogStreamField, value: string): EncryptedValue
  encryptSigningSecret(stream: StreamIdentity, secret: SecretText): EncryptedValue
  /** All headers of a message whose values are secret, or made with a secret. Nothing may write them anywhere else. */
  headersOf(stream: LogStream, message: StreamMessage): Record<string, string>
}

export function createLogStreamSecrets(encryption: Encryption): LogStreamSecrets {
  function decrypt(stream: StreamIdentity, field: LogStreamField, value: EncryptedValue): string {
    return encryption.decrypt(value, identityOf(stream, field))
  }

  return {
    encrypt: (stream, field, value) => encryption.encrypt(value, identityOf(stream, field)),
    encryptSigningSecret: (stream, secret) =>
      encryption.encryptSecret(secret, identityOf(stream, 'signing_secret')),
    headersOf(stream, message) {
      const { authorization, customHeaders } = stream.sink
      const custom = customHeaders.map(({ name, value }) => [
        name.toLowerCase(),
        decrypt(stream, headerField(name), value),
      ])
      return {
        ...Object.fromEntries(custom),
        ...(authorization && { authorization: decrypt(stream, 'authorization', authorization) }),
        ...signedHeaders(decrypt(stream, 'signing_secret', stream.signingSecret), message),
      }
    },
  }
}

export function headerField(name: string): LogStreamField {
  return `header ${name.toLowerCase()}`
}

function identityOf({ tenantId, id }: StreamIdentity, field: LogStreamField): RowIdentity {
  return ['log_streams', tenantId, id, field]
}

function signedHeaders(secret: string, { id, sentAt, body }: StreamMessage): Record<string, string> {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000))
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
