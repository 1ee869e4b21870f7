#!/usr/bin/env node
// Plain JavaScript on purpose: an older Node can read it, and is told what is missing before anything native loads.
import { fileURLToPath } from 'node:url'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Tallystick needs Node 24 or newer; this is ${process.versions.node}. In a checkout, "npm ci" with install scripts brings it.\n`,
  )
  process.exit(1)
}
// Sources run as they are; what the runtime makes of them is kept beside the package, so that a later start is quicker.
const { enableCompileCache, flushCompileCache } = await import('node:module')
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))
await import('../src/main.ts')
flushCompileCache()
