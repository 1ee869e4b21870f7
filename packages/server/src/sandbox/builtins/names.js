/** What a rule finds in its isolate, and which bundle holds it. Nothing else can be required. */
const ofModule = {
  assert: { bundle: 'assert' },
  buffer: { bundle: 'buffer' },
  console: { global: 'console' },
  crypto: { bundle: 'crypto-module' },
  events: { bundle: 'events' },
  http: { bundle: 'http-client', member: 'http' },
  https: { bundle: 'http-client', member: 'https' },
  os: { bundle: 'machine', member: 'os' },
  path: { bundle: 'path' },
  process: { global: 'process' },
  punycode: { bundle: 'punycode' },
  querystring: { bundle: 'querystring' },
  stream: { bundle: 'stream' },
  string_decoder: { bundle: 'string_decoder' },
  timers: { bundle: 'timers' },
  tty: { bundle: 'machine', member: 'tty' },
  url: { bundle: 'url-module' },
  util: { bundle: 'util-module' },
}

const ofGlobal = {
  Buffer: 'buffer',
  atob: 'text',
  btoa: 'text',
  TextEncoder: 'text',
  TextDecoder: 'text',
  URL: 'web-url',
  URLSearchParams: 'web-url',
  structuredClone: 'structured-clone',
  Event: 'abort',
  EventTarget: 'abort',
  DOMException: 'abort',
  AbortController: 'abort',
  AbortSignal: 'abort',
  Headers: 'fetch',
  Request: 'fetch',
  Response: 'fetch',
  fetch: 'fetch',
  crypto: 'webcrypto',
  CryptoKey: 'webcrypto',
}

/** Without prototypes: `require('constructor')` must find nothing. */
export const bundleOfModule = Object.assign(Object.create(null), ofModule)
export const bundleOfGlobal = Object.assign(Object.create(null), ofGlobal)

/** In front of a bundle's name when another bundle requires it; a program that tries finds nothing. */
export const internalPrefix = 'tallystick:'
