/**
 * Distinguished names as text (RFC 4514), and whether two are the same. Attribute types are compared by their object
 * identifiers, values character by character: two names that a directory might treat as equal are different here.
 */

/** One entry for each RDN, in the order of the certificate; within it, object identifiers and values in their order. */
export type DistinguishedName = readonly (readonly (readonly [type: string, value: string])[])[]

/** RFC 4514 §3, and what else OpenSSL uses in subject names. Of two spellings we write the first. */
const types: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  TITLE: '2.5.4.12',
  T: '2.5.4.12',
  GN: '2.5.4.42',
  G: '2.5.4.42',
  INITIALS: '2.5.4.43',
  I: '2.5.4.43',
  BUSINESSCATEGORY: '2.5.4.15',
  POSTALCODE: '2.5.4.17',
  NAME: '2.5.4.41',
  GENERATIONQUALIFIER: '2.5.4.44',
  DNQUALIFIER: '2.5.4.46',
  PSEUDONYM: '2.5.4.65',
  ORGANIZATIONIDENTIFIER: '2.5.4.97',
  JURISDICTIONL: '1.3.6.1.4.1.311.60.2.1.1',
  JURISDICTIONST: '1.3.6.1.4.1.311.60.2.1.2',
  JURISDICTIONC: '1.3.6.1.4.1.311.60.2.1.3',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
  E: '1.2.840.113549.1.9.1',
}
const typeNames = new Map(
  Object.entries(types)
    .reverse()
    .map(([name, oid]) => [oid, name]),
)

const maxRdns = 30

/** Undefined unless the text is a name whose values are text (`#04…` is not). */
export function parseDistinguishedName(text: string): DistinguishedName | undefined {
  const rdns = splitUnescaped(text, ',').map((rdn) => splitUnescaped(rdn, '+').map(parseAttribute))
  if (rdns.length > maxRdns) return undefined
  const name: [string, string][][] = []
  // RFC 4514 §2.1: the text begins with the last RDN.
  for (const rdn of rdns.reverse()) {
    const attributes = rdn.filter((attribute) => attribute !== undefined)
    if (attributes.length < rdn.length) return undefined
    name.push(inOrder(attributes))
  }
  return name
}

/** From the form in which the X.509 library gives the name of a certificate. Undefined where a value is not text. */
export function distinguishedNameOf(
  rdns: readonly Readonly<Record<string, readonly string[]>>[],
): DistinguishedName | undefined {
  const name: [string, string][][] = []
  for (const rdn of rdns) {
    const attributes: [string, string][] = []
    for (const [type, values] of Object.entries(rdn)) {
      const oid = objectIdentifierOf(type)
      // How the library writes a value that is no text.
      if (oid === undefined || values.some((value) => value.startsWith('#'))) return undefined
      attributes.push(...values.map((value): [string, string] => [oid, value]))
    }
    name.push(inOrder(attributes))
  }
  return name
}

/**
 * Whether both are one name. `registered` may have its RDNs in either order: people copy it from tools that begin with
 * the country as well as from those that begin with the common name, and no authority gives both to different holders.
 * Where the types read the same from both ends it might: `DC=com,DC=net` is not `DC=net,DC=com`.
 */
export function isSameName(registered: DistinguishedName, ofCertificate: DistinguishedName): boolean {
  const wanted = JSON.stringify(ofCertificate)
  if (JSON.stringify(registered) === wanted) return true
  const reversed = [...registered].reverse()
  return JSON.stringify(reversed) === wanted && typesOf(reversed) !== typesOf(registered)
}

function typesOf(name: DistinguishedName): string {
  return JSON.stringify(name.map((rdn) => rdn.map(([type]) => type)))
}

/** RFC 4514. */
export function writeDistinguishedName(name: DistinguishedName): string {
  return [...name]
    .reverse()
    .map((rdn) => rdn.map(([type, value]) => `${typeNames.get(type) ?? type}=${escaped(value)}`).join('+'))
    .join(',')
}

function inOrder(attributes: [string, string][]): [string, string][] {
  return attributes.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
}

function objectIdentifierOf(type: string): string | undefined {
  if (/^\d+(?:\.\d+)+$/.test(type)) return type
  const name = type.toUpperCase()
  return Object.hasOwn(types, name) ? types[name] : undefined
}

/** Spaces around a separator are not part of what it separates. */
function splitUnescaped(text: string, separator: ',' | '+'): string[] {
  const parts: string[] = []
  let begin = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === separator) {
      parts.push(text.slice(begin, at))
      begin = at + 1
    }
  }
  return [...parts, text.slice(begin)]
}

function parseAttribute(text: string): [string, string] | undefined {
  const equals = text.indexOf('=')
  const type = equals > 0 ? objectIdentifierOf(text.slice(0, equals).trim()) : undefined
  // Spaces only: other white space belongs to the value even where it is not escaped.
  const value = parseValue(text.slice(equals + 1).replace(/^ +/, ''))
  return type === undefined || value === undefined ? undefined : [type, value]
}

/** RFC 4514 §2.4: a special character is escaped as itself, or as the octets of its UTF-8. */
function parseValue(text: string): string | undefined {
  const octets: Buffer[] = []
  const token = /\\([0-9A-Fa-f]{2})|\\([ "#+,;<=>\\])|([^"+,;<>\\\0])/uy
  let last = 0
  let end = 0
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [, hex, special, plain = ''] = match
    octets.push(hex === undefined ? Buffer.from(special ?? plain) : Buffer.from(hex, 'hex'))
    last = token.lastIndex
    // A blank at the end belongs to the value only where it is escaped.
    if (plain !== ' ') end = octets.length
  }
  if (last !== text.length || text.startsWith('#') || end === 0) return undefined
  const bytes = Buffer.concat(octets.slice(0, end))
  const value = bytes.toString('utf8')
  return Buffer.from(value).equals(bytes) ? value : undefined
}

function escaped(value: string): string {
  const characters = [...value]
  return characters
    .map((character, index) => {
      const isAtEnd = index === 0 || index === characters.length - 1
      if (character === '\0') return '\\00'
      const isSpecial = '"+,;<>\\'.includes(character) || (character === ' ' && isAtEnd)
      return isSpecial || (character === '#' && index === 0) ? `\\${character}` : character
    })
    .join('')
}
