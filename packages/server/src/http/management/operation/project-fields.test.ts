import { expect, test } from 'vitest'
import { projectFields } from './project-fields.ts'

const object = { id: 1, name: 'a', scopes: ['x'] }

test('only the fields that were asked for are told, and names that nobody knows match nothing', () => {
  expect(projectFields(object, { fields: 'name,nothing' }, undefined)).toEqual({ name: 'a' })
  expect(projectFields(object, { fields: 'name', include_fields: true }, undefined)).toEqual({ name: 'a' })
  expect(projectFields(object, { fields: 'name', include_fields: false }, undefined)).toEqual({
    id: 1,
    scopes: ['x'],
  })
  expect(projectFields(object, { include_fields: false }, undefined)).toBe(object)
})

test('of a list each object is cut, and what surrounds the list stays', () => {
  expect(projectFields([object, object], { fields: 'id' }, 'things')).toEqual([{ id: 1 }, { id: 1 }])
  expect(projectFields({ total: 1, things: [object] }, { fields: 'id' }, 'things')).toEqual({
    total: 1,
    things: [{ id: 1 }],
  })
})

test('a name from the prototype is no field', () => {
  expect(projectFields(object, { fields: 'constructor,toString,__proto__' }, undefined)).toEqual({})
})
