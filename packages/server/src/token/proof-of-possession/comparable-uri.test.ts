import { expect, test } from 'vitest'
import { comparableUri } from './comparable-uri.ts'

const endpoint = 'https://id.example.com/oauth/token'

test.each([
  'HTTPS://ID.Example.COM/oauth/token',
  'https://id.example.com:443/oauth/token',
  'https://id.example.com/oauth/token?a=b&c',
  'https://id.example.com/oauth/token#part',
  'https://id.example.com/oauth/token?a#b',
  'https://id.example.com/oauth/./token',
  'https://id.example.com/x/../oauth/token',
  'https://id.example.com/o%61uth/%74oken',
])('%s is the same', (uri) => {
  expect(comparableUri(uri)).toBe(comparableUri(endpoint))
})

test.each([
  'http://id.example.com/oauth/token',
  'https://id.example.com:8443/oauth/token',
  'https://id.example.org/oauth/token',
  'https://id.example.com./oauth/token',
  'https://id.example.com/oauth/token/',
  'https://id.example.com/OAuth/token',
  'https://id.example.com//oauth/token',
  'https://id.example.com/oauth%2Ftoken',
  'https://id.example.com/',
  'https://id.example.com',
])('%s is another', (uri) => {
  expect(comparableUri(uri)).toBeDefined()
  expect(comparableUri(uri)).not.toBe(comparableUri(endpoint))
})

test.each([
  '',
  '/oauth/token',
  '//id.example.com/oauth/token',
  'https:id.example.com/oauth/token',
  'https:/id.example.com/oauth/token',
  'https:\\\\id.example.com\\oauth\\token',
  'https://id.example.com\\oauth/token',
  ' https://id.example.com/oauth/token',
  'https://id.example.com/oauth/token ',
  'https://id.example.com/oauth/\ttoken',
  'https://id.example.com/oauth/token\n',
  'https://user:password@id.example.com/oauth/token',
  'https://id.example.com@evil.example.com/oauth/token',
  'https://ïd.example.com/oauth/token',
  'https://id.example.com/oäuth/token',
  'https://id.example.com:99999/oauth/token',
  'ftp://id.example.com/oauth/token',
  'javascript:alert(1)',
])('%s is no URI to compare', (uri) => {
  expect(comparableUri(uri)).toBeUndefined()
})

test('percent-encoding that is needed stays, in upper case', () => {
  expect(comparableUri('https://id.example.com/apis/https%3a%2f%2fa.b')).toBe(
    'https://id.example.com/apis/https%3A%2F%2Fa.b',
  )
})
