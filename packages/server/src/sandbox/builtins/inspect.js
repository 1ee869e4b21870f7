/** How values read on a console: close to Node's `util.inspect`, small, and never throwing for hostile values. */
const maxDepth = 2
const maxItems = 100
const maxLineLength = 72
const identifier = /^[A-Za-z_$][A-Za-z0-9_$]*$/

export function inspect(value, options = {}) {
  const depth = options && options.depth !== undefined ? (options.depth ?? Infinity) : maxDepth
  return render(value, depth, [])
}
inspect.custom = Symbol.for('nodejs.util.inspect.custom')
inspect.defaultOptions = {}

/** `console.log('%s is %d', …)`: the first text may hold places for the values after it. */
export function format(...args) {
  let next = 0
  let text = ''
  if (typeof args[0] === 'string') {
    next = 1
    text = args[0].replace(/%[sdifjoOc%]/g, (place) => {
      if (place === '%%') return args.length > 1 ? '%' : place
      if (next >= args.length) return place
      return fill(place, args[next++])
    })
  }
  for (; next < args.length; next++) {
    text += `${next > 0 ? ' ' : ''}${typeof args[next] === 'string' ? args[next] : inspect(args[next])}`
  }
  return text
}

function fill(place, value) {
  if (place === '%s')
    return typeof value === 'object' || typeof value === 'function'
      ? inspect(value, { depth: 0 })
      : plain(value)
  if (place === '%d')
    return typeof value === 'object' ? 'NaN' : plain(typeof value === 'bigint' ? value : Number(value))
  if (place === '%i') return typeof value === 'object' ? 'NaN' : plain(Number.parseInt(value, 10))
  if (place === '%f') return plain(Number.parseFloat(value))
  if (place === '%c') return ''
  if (place === '%j') return asJson(value)
  return inspect(value, { depth: place === '%o' ? 4 : maxDepth })
}

function asJson(value) {
  try {
    return String(JSON.stringify(value))
  } catch {
    return '[Circular]'
  }
}

function plain(value) {
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  return String(value)
}

function render(value, depth, parents) {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'function') return renderFunction(value)
  if (value === null || typeof value !== 'object') return plain(value)
  try {
    return renderObject(value, depth, parents)
  } catch {
    return '[Object that cannot be read]'
  }
}

function quote(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"')
  return mark + (mark === "'" ? escaped.replace(/'/g, "\\'") : escaped) + mark
}

function renderFunction(value) {
  const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'Function'
  return value.name ? `[${kind}${kind === 'class' ? ' ' : ': '}${value.name}]` : `[${kind} (anonymous)]`
}

function renderObject(value, depth, parents) {
  if (parents.includes(value)) return '[Circular *1]'
  if (typeof value[inspect.custom] === 'function') {
    const custom = value[inspect.custom](depth, {}, inspect)
    return typeof custom === 'string' ? custom : render(custom, depth, [...parents, value])
  }
  if (value instanceof Error) return renderError(value, depth, parents)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof RegExp) return String(value)
  if (value instanceof Promise) return 'Promise { <pending> }'
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return `[${value.constructor.name}: ${render(value.valueOf(), 0, [])}]`
  }
  const name = nameOf(value)
  if (parents.length > depth) return Array.isArray(value) ? '[Array]' : `[${name || 'Object'}]`
  return renderMembers(value, name, depth, [...parents, value])
}

function renderError(error, depth, parents) {
  const stack = typeof error.stack === 'string' && error.stack !== '' ? error.stack : `[${error}]`
  const own = Object.keys(error).filter((key) => key !== 'stack' && key !== 'message')
  if (own.length === 0 || parents.length > depth) return stack
  return `${stack} ${braces(
    '',
    own.map((key) => member(error, key, depth, [...parents, error])),
    '{',
    '}',
  )}`
}

function nameOf(value) {
  const prototype = Object.getPrototypeOf(value)
  if (prototype === null) return '[Object: null prototype]'
  const name = typeof prototype.constructor === 'function' ? prototype.constructor.name : ''
  return name === 'Object' ? '' : name
}

function renderMembers(value, name, depth, parents) {
  if (Array.isArray(value)) {
    return braces(
      name === 'Array' ? '' : `${name}(${value.length})`,
      items(
        Array.from(value.slice(0, maxItems), (item) => render(item, depth, parents)),
        value.length,
      ),
      '[',
      ']',
    )
  }
  if (ArrayBuffer.isView(value) && 'length' in value) {
    if (name === 'Buffer')
      return `<Buffer ${value.toString('hex', 0, 50).replace(/(..)(?=.)/g, '$1 ')}${value.length > 50 ? ` ... ${value.length - 50} more bytes` : ''}>`
    return braces(
      `${name}(${value.length})`,
      items(Array.from(value.subarray(0, maxItems), plain), value.length),
      '[',
      ']',
    )
  }
  if (value instanceof Map) {
    const rows = [...value]
      .slice(0, maxItems)
      .map(([key, item]) => `${render(key, depth, parents)} => ${render(item, depth, parents)}`)
    return braces(`Map(${value.size})`, items(rows, value.size), '{', '}')
  }
  if (value instanceof Set) {
    return braces(
      `Set(${value.size})`,
      items(
        [...value].slice(0, maxItems).map((item) => render(item, depth, parents)),
        value.size,
      ),
      '{',
      '}',
    )
  }
  const keys = Object.keys(value)
  const rows = keys.slice(0, maxItems).map((key) => member(value, key, depth, parents))
  for (const key of Object.getOwnPropertySymbols(value))
    rows.push(`[${String(key)}]: ${render(value[key], depth, parents)}`)
  return braces(name, items(rows, keys.length), '{', '}')
}

function member(owner, key, depth, parents) {
  const descriptor = Object.getOwnPropertyDescriptor(owner, key)
  const shown = descriptor?.get
    ? descriptor.set
      ? '[Getter/Setter]'
      : '[Getter]'
    : render(owner[key], depth, parents)
  return `${identifier.test(key) ? key : quote(key)}: ${shown}`
}

function items(rows, total) {
  return total > maxItems ? [...rows.slice(0, maxItems), `... ${total - maxItems} more items`] : rows
}

function braces(name, rows, open, close) {
  const front = name ? `${name} ` : ''
  if (rows.length === 0) return `${front}${open}${close}`
  const line = rows.join(', ')
  if (line.length <= maxLineLength && !line.includes('\n')) return `${front}${open} ${line} ${close}`
  return `${front}${open}\n  ${rows.join(',\n').replace(/\n/g, '\n  ')}\n${close}`
}
