/**
 * The same token requests to node-oidc-provider and to us. What each answers stands in docs/side-by-side.md, and why
 * where they differ: a row that is not true any more fails here.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Case, plainCases } from './side-by-side/plain-cases.ts'
import { answerOf } from './side-by-side/send.ts'
import { type Side, type Sides, startSides } from './side-by-side/sides.ts'
import { signedCases } from './side-by-side/signed-cases.ts'

interface Row {
  readonly name: string
  readonly theirs: string
  readonly ours: string
  readonly why: string
}

const rows: Row[] = readFileSync(new URL('../../../docs/side-by-side.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [name, theirs, ours, why] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    const isRow = name !== undefined && /^\d{3}/.test(theirs ?? '')
    return isRow ? [{ name, theirs: theirs ?? '', ours: ours ?? '', why: why ?? '' }] : []
  })

let sides: Sides
let found: Row[]
beforeAll(async () => {
  sides = await startSides()
  const [theirs, ours] = [await answersOf(sides.theirs), await answersOf(sides.ours)]
  found = [...ours].map(([name, answer]) => {
    const why = rows.find((row) => row.name === name)?.why ?? ''
    return { name, theirs: theirs.get(name) ?? '', ours: answer, why }
  })
})
afterAll(() => sides.close())

/** By the name of the case: the answer to its last request. */
async function answersOf(side: Side): Promise<Map<string, string>> {
  const cases: Case[] = [...plainCases(sides.clients), ...signedCases(sides.clients, side)]
  const answers = new Map<string, string>()
  for (const [at, [name, requests]] of cases.entries()) {
    for (const request of requests) answers.set(name, await answerOf(side, request, `127.0.3.${at + 1}`))
  }
  expect(answers.size).toBe(cases.length)
  return answers
}

test('each answer of either side is as the table tells it', () => {
  expect(rows).toEqual(found)
})

test('every difference has its reason', () => {
  for (const { name, theirs, ours, why } of found) {
    if (theirs !== ours) expect([name, why]).toEqual([name, expect.stringMatching(/\w/)])
  }
})

/** What only looks wrong: RFC 6749 lets a client with a secret send it either way, and RFC 9449 §4.3 compares no query. */
const rightful = new Set([
  'a JSON body',
  'by Basic for a client made for the body',
  'in the body for a client made for Basic',
  'a proof whose htu has a query and a fragment, which do not count',
])

test('what is wrong gets no token from us and finds no fault of ours; what is right gets one', () => {
  for (const { name, ours } of found) {
    const isRight = name.startsWith('right') || rightful.has(name)
    expect([name, ours]).toEqual([name, expect.stringMatching(isRight ? /^200 / : /^4/)])
  }
})
