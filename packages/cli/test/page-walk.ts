/**
 * Follows pages as a reader would: their commands are read out of them and carried out against a started server, in the
 * order in which they stand. `tallystick` runs in this process; what `openssl` and `curl` are told, Node does here, so that
 * following a page costs little and takes no program that a machine may lack.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { certificateFor } from '../../server/test/certificates.ts'
import { nextRsaPair } from '../../server/test/rsa-pairs.ts'
import type { BesideServer } from './beside-server.ts'
import { blocksOf, shellCommands } from './page-commands.ts'

export interface Reader {
  /**
   * What all commands below the heading printed; `input` is what those read that are given a file by `<`.
   * @throws Error when one of them is refused.
   */
  follow(page: string, heading: string, values?: Values, input?: string): Promise<string>
  /** Goes back to the folder from which the reader came. */
  leave(): void
}

/** What a reader puts in the place of words that stand for something of theirs. */
export type Values = Readonly<Record<string, string>>

/** What a reader takes from the screen, and the word for it on the pages where that is another than its name. */
const shownValues = /^(client_id|client_secret|credentials|id) +(\S+)$/gm
const wordsFor: Readonly<Record<string, string>> = { id: 'TRUSTED_ISSUER_ID', credentials: 'CREDENTIAL_ID' }

/** What these do needs a cluster, or never ends. */
const leftOut = /^(?:kubectl|jq|spire-agent|tallystick logs tail)\b/

const root = new URL('../../../', import.meta.url)

export function readPage(page: string): string {
  return readFileSync(new URL(page, root), 'utf8')
}

/** Works in the folder of `here` until it leaves; other tests of this process come before or after. */
export function createReader(here: BesideServer): Reader {
  const cameFrom = process.cwd()
  process.chdir(here.folder)
  // What was printed last, as a reader takes it from the screen.
  const seen = new Map<string, string>([['https://tokens.example.com', here.server.bootstrap.origin]])

  async function carryOut([program = '', ...args]: readonly string[], input: string): Promise<string> {
    switch (program) {
      case 'tallystick':
        return tallystick(here, args, input)
      case 'openssl':
        return openssl(args)
      case 'curl':
        return curl(args)
    }
    throw new Error(`Nobody follows ${program}`)
  }

  return {
    async follow(page, heading, values = {}, input = '') {
      let printed = ''
      const text = blocksOf(readPage(page), heading).join('\n')
      const told = replaceAll(text, Object.entries(values))
      for (const words of shellCommands(told)) {
        if (leftOut.test(words.join(' '))) continue
        const output = await carryOut(
          words.map((word) => replaceAll(word, [...seen])),
          input,
        )
        printed += output
        for (const [, name = '', value = ''] of output.matchAll(shownValues)) {
          const told = wordsFor[name] ?? name.toUpperCase()
          seen.set(`$${told}`, value).set(told, value)
        }
        const [credential] = /\bcred_\w+/.exec(output) ?? []
        if (credential !== undefined) seen.set('CREDENTIAL_ID', credential)
      }
      if (printed === '') throw new Error(`There is nothing to follow below ${heading} of ${page}`)
      return printed
    },
    leave: () => process.chdir(cameFrom),
  }
}

function replaceAll(text: string, values: readonly (readonly [string, string])[]): string {
  return values.reduce((replaced, [name, value]) => replaced.replaceAll(name, value), text)
}

async function tallystick(here: BesideServer, args: readonly string[], input: string): Promise<string> {
  const env = { XDG_CONFIG_HOME: join(here.folder, 'config') }
  const { output, messages } = await here.ok([...args, '--yes'], { input, env })
  return output + messages
}

/** Keys, their public halves, and a certificate, into the files that `-out` and `-keyout` name. */
async function openssl([verb = '', ...args]: readonly string[]): Promise<string> {
  const after = (flag: string) => args[args.indexOf(flag) + 1] ?? ''
  const out = after('-out')
  if (verb === 'req') {
    const { pem, key } = await certificateFor(after('-subj').slice(1))
    writeFileSync(out, pem)
    writeFileSync(after('-keyout'), key)
  } else if (verb === 'pkey') {
    const publicKey = createPublicKey(readFileSync(after('-in')))
    writeFileSync(out, publicKey.export({ type: 'spki', format: 'pem' }))
  } else {
    const { privateKey } =
      after('-algorithm') === 'EC' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : nextRsaPair()
    // As openssl does it: whoever else is on the machine does not read it.
    writeFileSync(out, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  }
  return ''
}

async function curl(args: readonly string[]): Promise<string> {
  const headers: [string, string][] = []
  const data: string[] = []
  let url = ''
  let method: string | undefined
  for (let at = 0; at < args.length; at += 1) {
    const flag = args[at] ?? ''
    const value = args[at + 1] ?? ''
    if (!flag.startsWith('-')) url = flag
    else at += 1
    if (flag === '-X') method = value
    if (flag === '-u') headers.push(['authorization', `Basic ${btoa(value)}`])
    if (flag === '-H') headers.push([value.split(': ')[0] ?? '', value.replace(/^[^:]*: /, '')])
    if (flag === '-d' || flag === '--data') data.push(value)
    if (flag === '--data-urlencode') data.push(urlEncoded(value))
  }
  const isTyped = headers.some(([name]) => name.toLowerCase() === 'content-type')
  if (data.length > 0 && !isTyped) headers.push(['content-type', 'application/x-www-form-urlencoded'])
  const sent =
    data.length > 0 ? { method: method ?? 'POST', body: data.join('&') } : { method: method ?? 'GET' }
  const answer = await fetch(url, { ...sent, headers })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`)
  return `${answer.status} ${text}\n`
}

/** `name=text`, or `name@file`, whose line break at the end is sent as well. */
function urlEncoded(value: string): string {
  const [, name = '', kind, rest = ''] = /^([^=@]*)([=@])([\s\S]*)$/.exec(value) ?? []
  return `${name}=${encodeURIComponent(kind === '@' ? readFileSync(rest, 'utf8') : rest)}`
}
