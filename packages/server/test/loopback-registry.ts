/** A registry of npm on loopback with one file in each package, for what a test wants to have installed, and gone. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

/** Sources of `index.js` by `name@version`. */
export async function startLoopbackRegistry(sources: Readonly<Record<string, string>>) {
  const archives = new Map(
    Object.entries(sources).map(([spec, source]) => {
      const [name = '', version = ''] = spec.split('@')
      return [spec, archiveOf({ 'package.json': JSON.stringify({ name, version }), 'index.js': source })]
    }),
  )
  const requested: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    requested.push(path)
    const archive = archives.get(path)
    if (archive) return response.end(archive)
    const versions = [...archives].filter(([spec]) => spec.startsWith(`${path}@`))
    if (versions.length === 0) return response.writeHead(404).end('{}')
    return response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        name: path,
        'dist-tags': {},
        versions: Object.fromEntries(
          versions.map(([spec, content]) => {
            const version = spec.slice(path.length + 1)
            const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`
            return [version, { name: path, version, dist: { tarball: `${url}/${spec}`, integrity } }]
          }),
        ),
      }),
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    requested,
    async close() {
      server.closeAllConnections()
      if (server.listening) await once(server.close(), 'close')
    },
  }
}

/** A tar archive (POSIX ustar), compressed. */
function archiveOf(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const content = Buffer.from(text)
    return [headerOf(`package/${name}`, content.length), content, Buffer.alloc(-content.length & 511)]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}

function headerOf(path: string, size: number): Buffer {
  const header = Buffer.alloc(512)
  const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0')
  header.write(path, 0)
  header.write(octal(0o644, 8), 100)
  header.write(octal(size, 12), 124)
  header.write(octal(0, 12), 136)
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 7)}\0 `, 148)
  return header
}
