#!/usr/bin/env node
// Plain JavaScript that any Node reads, so that an old one gets a sentence and not a stack trace.
const major = Number(process.versions.node.split('.')[0])
if (major >= 24) {
  await import('../src/tallystick.ts')
} else {
  process.stderr.write(`tallystick needs Node.js 24 or newer; this is ${process.versions.node}.\n`)
  process.exitCode = 1
}
