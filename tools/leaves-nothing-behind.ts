/**
 * Files of tests share a process: what one of them changes there
 * and does not change back fails that file, and none after it.
 */
import { afterAll, expect } from 'vitest'

const folder = process.cwd()
const environment = { ...process.env }

// Registered before those of the file, and so called after them.
afterAll(() => {
  const left = { folder: process.cwd(), variables: changedVariables() }
  process.chdir(folder)
  expect(left).toEqual({ folder, variables: [] })
})

/** Their names alone: what they hold is nobody's business. */
function changedVariables(): string[] {
  const names = Object.keys({ ...environment, ...process.env })
  return names.filter((name) => environment[name] !== process.env[name])
}
