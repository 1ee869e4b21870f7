import { expect, test } from 'vitest'
import { cutToWidth, formatDetails, formatTable, wrapWords } from './table.ts'

const columns = [
  { title: 'Name', cell: (row: { name: string; id: string }) => row.name },
  { title: 'Id', cell: (row: { name: string; id: string }) => row.id },
]

test('a name with an escape sequence or a line feed stays inside its cell', () => {
  const lines = formatTable(columns, [{ name: 'a\u001b[2J\nb', id: '1' }])
  expect(lines).toEqual(['NAME         ID', 'a\\x1b[2J\\nb  1'])
})

test('columns are as wide as their widest cell, counted as a terminal shows it', () => {
  const lines = formatTable(columns, [
    { name: '請求', id: '1' },
    { name: 'billing', id: '2' },
  ])
  expect(lines).toEqual(['NAME     ID', '請求     1', 'billing  2'])
})

test('a detail of several lines continues under its first', () => {
  expect(
    formatDetails([
      ['name', 'billing'],
      ['scopes', 'read\nwrite'],
    ]),
  ).toEqual(['name    billing', 'scopes  read', '        write'])
})

test('a column that shrinks is cut so that lines keep to their width; the others are whole', () => {
  const rows = [{ name: 'n'.repeat(40), id: 'i'.repeat(10) }]
  const [name, id] = columns
  if (!name || !id) throw new TypeError('There are two columns.')
  expect(formatTable([{ ...name, shrinks: true }, id], rows, 40)[1]).toBe(
    `${'n'.repeat(27)}…  ${'i'.repeat(10)}`,
  )
  expect(formatTable([{ ...name, shrinks: true }, id], rows, 10)[1]).toBe(
    `${'n'.repeat(19)}…  ${'i'.repeat(10)}`,
  )
  expect(formatTable([name, id], rows, 10)[1]).toBe(`${'n'.repeat(40)}  ${'i'.repeat(10)}`)
})

test('what is cut never ends within a character', () => {
  expect(cutToWidth('billing', 7)).toBe('billing')
  expect(cutToWidth('billing', 6)).toBe('billi…')
  expect(cutToWidth('請求書', 4)).toBe('請…')
})

test('words are wrapped at spaces, and a long one keeps its line', () => {
  expect(wrapWords('', 10)).toBe('')
  expect(wrapWords('read write delete', 10)).toBe('read write\ndelete')
  expect(wrapWords(`a ${'b'.repeat(12)} c`, 10)).toBe(`a\n${'b'.repeat(12)}\nc`)
})
