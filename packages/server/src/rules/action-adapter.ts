/**
 * What runs inside the sandbox around an Action: it makes `api`, calls the function, and hands over what was noted. A
 * text, because it is code of the isolate and not ours; it takes what it needs before the Action's own code runs.
 */
import { cacheLimits } from './action-cache.ts'

export const actionAdapter = `(() => {
  const { stringify, parse } = JSON
  const now = Date.now
  const { isSafeInteger } = Number
  const limits = ${JSON.stringify(cacheLimits)}

  // UTF-8.
  const bytesOf = (text) => {
    let bytes = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3
      const next = text.charCodeAt(at + 1)
      // Two halves of one character: four bytes together.
      if (code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000) { bytes += 1; at++ }
    }
    return bytes
  }

  const expiryOf = ({ ttl, expires_at }) => {
    const time = now()
    const ends = []
    for (const [given, from] of [[ttl, time], [expires_at, 0]]) {
      if (given === undefined) continue
      if (typeof given !== 'number' || !Number.isFinite(given)) return { code: 'InvalidExpiry' }
      ends.push(from + given)
    }
    const end = ends.length === 0 ? time + limits.defaultTtlMs : Math.min(...ends)
    if (end <= time) return { code: 'ItemAlreadyExpired' }
    return { end: Math.min(Math.floor(end), time + limits.maxTtlMs) }
  }

  const createCache = (given, changes) => {
    const records = new Map(given.map((record) => [record.key, record]))
    const find = (key) => {
      const found = records.get(key)
      return found !== undefined && found.expiresAt > now() ? found : undefined
    }
    const failure = (code) => ({ type: 'error', code })
    const success = ({ value, expiresAt }) => ({ type: 'success', record: { value, expires_at: expiresAt } })
    const roomFault = (key, value) => {
      const others = [...records.values()].filter((record) => record.key !== key && record.expiresAt > now())
      const bytes = others.reduce((sum, record) => sum + bytesOf(record.key) + bytesOf(record.value), 0)
      const isFull = others.length >= limits.maxRecords || bytes + bytesOf(key) + bytesOf(value) > limits.maxBytes
      return isFull ? 'CacheSizeExceeded' : undefined
    }
    return {
      get(key) {
        const found = find(key)
        return found && { value: found.value, expires_at: found.expiresAt }
      },
      set(key, value, options) {
        if (typeof key !== 'string' || typeof value !== 'string') return failure('FailedToSetCacheRecord')
        if (bytesOf(key) > limits.maxKeyBytes) return failure('CacheKeySizeExceeded')
        if (bytesOf(value) > limits.maxValueBytes) return failure('CacheValueSizeExceeded')
        const { end, code } = expiryOf(options ?? {})
        if (code) return failure(code)
        if (changes.length >= limits.maxChanges) return failure('MaxSideEffectsExceeded')
        const fault = roomFault(key, value)
        if (fault) return failure(fault)
        const record = { key, value, expiresAt: end }
        records.set(key, record)
        changes.push(record)
        return success(record)
      },
      delete(key) {
        if (typeof key !== 'string') return failure('FailedToDeleteCacheRecord')
        const found = find(key)
        if (found === undefined) return failure('CacheKeyDoesNotExist')
        if (changes.length >= limits.maxChanges) return failure('MaxSideEffectsExceeded')
        records.delete(key)
        changes.push({ key, value: null })
        return success(found)
      },
    }
  }

  const createApi = ({ event, cache }) => {
    const notes = { denial: null, claims: [], expiresIn: null, targetScopes: null, cacheChanges: [] }
    // Known before the Action could change its event.
    const scopesBefore = [...event.accessToken.scope]
    const target = () => notes.targetScopes ?? scopesBefore
    const api = {
      access: {
        deny(code, reason) {
          notes.denial ??= { code: String(code), reason: reason === undefined || reason === null ? null : String(reason) }
          return api
        },
      },
      accessToken: {
        setCustomClaim(name, value) {
          // As it is now, whatever becomes of the object.
          const json = stringify(value)
          notes.claims.push(json === undefined ? [String(name)] : [String(name), parse(json)])
          return api
        },
        setExpiresIn(seconds) {
          if (!isSafeInteger(seconds) || seconds < 1) {
            throw new TypeError('api.accessToken.setExpiresIn needs a whole number of seconds, 1 or more.')
          }
          notes.expiresIn = seconds
          return api
        },
      },
      cache: createCache(cache, notes.cacheChanges),
      transaction: {
        addTargetScope(scope) {
          notes.targetScopes = [...target().filter((other) => other !== scope), scope]
          return api
        },
        removeTargetScope(scope) {
          notes.targetScopes = target().filter((other) => other !== scope)
          return api
        },
        setTargetScopes(scopes) {
          if (!Array.isArray(scopes)) throw new TypeError('api.transaction.setTargetScopes needs an array of scopes.')
          notes.targetScopes = [...scopes]
          return api
        },
        clearTargetScopes() {
          notes.targetScopes = []
          return api
        },
      },
    }
    return { api, notes }
  }

  return (exported) => (input, settle, fail) => {
    const action = exported?.onExecuteCredentialsExchange
    if (typeof action !== 'function') {
      fail(new TypeError('An Action must export a function onExecuteCredentialsExchange (event, api).'))
      return
    }
    const { api, notes } = createApi(input)
    const ended = (async () => { await action(input.event, api) })()
    ended.then(() => settle(notes), fail)
  }
})()`
