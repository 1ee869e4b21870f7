#!/usr/bin/env node
// Plain JavaScript on purpose: an older Node can read it, and is told what is missing before anything native loads.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Tallystick needs Node 24 or newer; this is ${process.versions.node}. In a checkout, "npm ci" with install scripts brings it.\n`,
  )
  process.exit(1)
}
await import('../src/main.ts')
