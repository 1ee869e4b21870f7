import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { readPemBlock } from './pem-block.ts'

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const der = publicKey.export({ type: 'spki', format: 'der' })
const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
const [first = '', body = '', rest = '', last = ''] = pem.split('\n')
const block = { label: 'PUBLIC KEY', der }

test.each([
  ['as OpenSSL writes it', pem],
  ['with the line ends of Windows', pem.replaceAll('\n', '\r\n')],
  ['without a last line end', pem.trim()],
  ['with words around it', `subject=CN = x\n${pem}and on`],
  ['with blanks at the ends of lines, and empty lines', [first, '', `${body} `, rest, '', last].join(' \n')],
  ['on one long line', [first, body + rest, last].join('\n')],
])('a block %s is read', (_name, text) => {
  expect(readPemBlock(text)).toEqual(block)
})

test.each([
  ['nothing', ''],
  ['two blocks', pem + pem],
  ['another one that begins', `${pem}-----BEGIN CERTIFICATE-----`],
  ['no end', [first, body, rest].join('\n')],
  ['another end', pem.replace('END PUBLIC', 'END PRIVATE')],
  ['headers', [first, 'Proc-Type: 4,ENCRYPTED', '', body, rest, last].join('\n')],
  ['base64url', pem.replace(/[+/]|A/, '_')],
  ['padding in the middle', [first, `${body}==`, rest, last].join('\n')],
  ['a character too few', [first, body.slice(1), rest, last].join('\n')],
  ['bits that mean nothing', `${first}\nAAB=\n${last}`],
  ['no bytes', [first, '=', last].join('\n')],
])('of a text with %s no block is read', (_name, text) => {
  expect(readPemBlock(text)).toBeUndefined()
})
