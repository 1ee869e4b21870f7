/** A registry of npm packages on loopback, with what a test publishes there and nothing else. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

export interface PublishedPackage {
  readonly name: string
  readonly version?: string
  /** Path to content; a `package.json` comes along. */
  readonly files?: Readonly<Record<string, string>>
  /** Further members of its `package.json`. */
  readonly manifest?: Readonly<Record<string, unknown>>
  /** What the registry says the archive is; its own integrity when absent. */
  readonly integrity?: string
}

export type PackageRegistry = Awaited<ReturnType<typeof startPackageRegistry>>

export async function startPackageRegistry(published: readonly PublishedPackage[]) {
  const bodies = new Map<string, Buffer>()
  const server = createServer((request, response) => {
    const body = bodies.get(decodeURIComponent(request.url ?? ''))
    if (body) response.end(body)
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not_found"}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  for (const one of published) {
    const { name, version = '1.0.0', integrity } = one
    const manifest = { name, version, ...one.manifest }
    const archive = pack({ 'index.js': '', ...one.files, 'package.json': JSON.stringify(manifest) })
    const dist = { tarball: `${url}${name}/-/archive.tgz`, integrity: integrity ?? integrityOf(archive) }
    const packument = {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, dist } },
    }
    bodies.set(`/${name}`, Buffer.from(JSON.stringify(packument)))
    bodies.set(`/${name}/-/archive.tgz`, archive)
  }
  return {
    url,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

export function integrityOf(archive: Buffer): string {
  return `sha512-${createHash('sha512').update(archive).digest('base64')}`
}

/** A gzipped archive in the ustar format (POSIX.1-1988), under `package/` as npm packs it. */
function pack(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([path, content]) => {
    const bytes = Buffer.from(content)
    return [header(`package/${path}`, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}

function header(path: string, size: number): Buffer {
  const block = Buffer.alloc(512)
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  block.write(path, 0, 100)
  octal(0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  block.write('        0', 148)
  block.write('ustar\u000000', 257)
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return block
}
