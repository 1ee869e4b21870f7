/** The web's URL classes. Parsing is done by the runner's own `URL`, so that it is the standard's to the letter. */
const operate = (request) => {
  const answer = JSON.parse(bridge.operate(JSON.stringify(request)))
  if (answer.error === undefined) return answer.value
  throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: request.url })
}

/** Bound to a URL, its query and its parameters are one thing. */
let bindParams
let replaceParams

export class URLSearchParams {
  #pairs = []
  #changed = () => undefined
  constructor(init = '') {
    if (typeof init === 'object' && init !== null) {
      const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init)
      for (const [name, value] of pairs) this.#pairs.push([String(name), String(value)])
    } else this.#pairs = operate({ operation: 'parseQuery', query: String(init) })
  }
  static {
    bindParams = (query, changed) => {
      const params = new URLSearchParams(query)
      params.#changed = changed
      return params
    }
    replaceParams = (params, query) => {
      params.#pairs = new URLSearchParams(query).#pairs
    }
  }
  get size() {
    return this.#pairs.length
  }
  append(name, value) {
    this.#pairs.push([String(name), String(value)])
    this.#changed(this.toString())
  }
  delete(name, value) {
    this.#pairs = this.#pairs.filter(
      (pair) => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value)),
    )
    this.#changed(this.toString())
  }
  get(name) {
    return this.#pairs.find((pair) => pair[0] === String(name))?.[1] ?? null
  }
  getAll(name) {
    return this.#pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1])
  }
  has(name, value) {
    return this.#pairs.some(
      (pair) => pair[0] === String(name) && (value === undefined || pair[1] === String(value)),
    )
  }
  set(name, value) {
    const first = this.#pairs.find((pair) => pair[0] === String(name))
    if (first === undefined) return this.append(name, value)
    first[1] = String(value)
    this.#pairs = this.#pairs.filter((pair) => pair === first || pair[0] !== first[0])
    this.#changed(this.toString())
  }
  sort() {
    this.#pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    this.#changed(this.toString())
  }
  forEach(callback, self) {
    for (const [name, value] of this.#pairs) callback.call(self, value, name, this)
  }
  *entries() {
    for (const [name, value] of this.#pairs) yield [name, value]
  }
  *keys() {
    for (const [name] of this.#pairs) yield name
  }
  *values() {
    for (const [, value] of this.#pairs) yield value
  }
  [Symbol.iterator]() {
    return this.entries()
  }
  toString() {
    return operate({ operation: 'writeQuery', pairs: this.#pairs })
  }
}

const members = [
  'href',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
]

export class URL {
  #parts
  #params
  constructor(url, base) {
    this.#parts = operate({
      operation: 'parseUrl',
      url: String(url),
      base: base === undefined ? undefined : String(base),
    })
  }
  static canParse(url, base) {
    return URL.parse(url, base) !== null
  }
  static parse(url, base) {
    try {
      return new URL(url, base)
    } catch {
      return null
    }
  }
  static {
    for (const member of members) {
      Object.defineProperty(URL.prototype, member, {
        enumerable: true,
        configurable: true,
        get() {
          return this.#parts[member]
        },
        set(value) {
          this.#parts = operate({
            operation: 'changeUrl',
            url: this.#parts.href,
            member,
            value: String(value),
          })
          if (this.#params !== undefined) replaceParams(this.#params, this.#parts.search)
        },
      })
    }
  }
  get origin() {
    return this.#parts.origin
  }
  get searchParams() {
    this.#params ??= bindParams(this.#parts.search, (query) => {
      this.#parts = operate({ operation: 'changeUrl', url: this.#parts.href, member: 'search', value: query })
    })
    return this.#params
  }
  toString() {
    return this.#parts.href
  }
  toJSON() {
    return this.#parts.href
  }
  [bridge.inspect.custom](_depth, _options, inspect) {
    return `URL ${inspect({ ...this.#parts })}`
  }
}
