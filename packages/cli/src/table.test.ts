import { expect, test } from 'vitest'
import { formatDetails, formatTable } from './table.ts'

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
