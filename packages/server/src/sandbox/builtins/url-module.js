/** `url`: the parser of old, and the web's classes beside it. */
import legacy from 'url/'

const { URL, URLSearchParams } = globalThis
export const { parse, resolve, resolveObject, Url } = legacy
export const format = (target) => (target instanceof URL ? target.href : legacy.format(target))
export const fileURLToPath = (target) => decodeURIComponent(new URL(target).pathname)
export const pathToFileURL = (path) => new URL(`file://${encodeURI(path)}`)
export const urlToHttpOptions = (target) => ({
  protocol: target.protocol,
  hostname: target.hostname,
  port: target.port === '' ? undefined : Number(target.port),
  path: target.pathname + target.search,
  href: target.href,
})
export { URL, URLSearchParams }
