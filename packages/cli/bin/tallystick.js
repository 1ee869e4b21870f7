#!/usr/bin/env node
// Plain JavaScript that any Node reads, so that an old one gets a sentence and not a stack trace.
import { fileURLToPath } from 'node:url'

const major = Number(process.versions.node.split('.')[0])
if (major >= 24) {
  // What the runtime makes of the sources is kept beside the package: a later command begins in half the time.
  const { enableCompileCache } = await import('node:module')
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))
  await import('../src/tallystick.ts')
} else {
  process.stderr.write(`tallystick needs Node.js 24 or newer; this is ${process.versions.node}.\n`)
  process.exitCode = 1
}
