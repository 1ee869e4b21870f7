import { expect, test } from 'vitest'
import { drawRandomBytes } from './random-bytes.ts'

test('no byte is given out twice, and what was given out stays as it was', () => {
  const drawn = Array.from({ length: 2000 }, () => drawRandomBytes(12))
  const texts = drawn.map((bytes) => bytes.toString('hex'))
  expect(new Set(texts).size).toBe(2000)
  for (let index = 0; index < 2000; index += 1) drawRandomBytes(32)
  expect(drawn.map((bytes) => bytes.toString('hex'))).toEqual(texts)
})

test('a draw larger than what is drawn at once is served whole', () => {
  expect(drawRandomBytes(10_000)).toHaveLength(10_000)
})
