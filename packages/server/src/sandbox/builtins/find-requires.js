/**
 * Which modules does a source ask for by a name that is written down? Answered by parsing, in an isolate:
 * the source is foreign and the parser recurses as deep as the source does.
 */
import { parse } from 'acorn'
import { simple } from 'acorn-walk'

const options = {
  ecmaVersion: 'latest',
  sourceType: 'script',
  allowReturnOutsideFunction: true,
  locations: true,
}

/** @returns JSON: `{ requires: [{ name, line, column }] }` or `{ error: { message, line, column } }`, columns from 1. */
globalThis.findRequires = (source) => {
  try {
    const requires = []
    // On a line of its own, an empty statement takes the force out of a leading "use strict", as when it runs.
    simple(parse(`;\n${source}`, options), {
      CallExpression: (node) => {
        if (node.callee.type === 'Identifier' && node.callee.name === 'require')
          add(requires, node.arguments[0])
      },
      ImportExpression: (node) => add(requires, node.source, true),
    })
    requires.sort((left, right) => left.line - right.line || left.column - right.column)
    return JSON.stringify({ requires })
  } catch (error) {
    const at = error.loc ?? { line: 1, column: 0 }
    const message = String(error.message).replace(/ \(\d+:\d+\)$/, '')
    return JSON.stringify({ error: { message, line: Math.max(1, at.line - 1), column: at.column + 1 } })
  }
}

function add(requires, node, isImport = false) {
  const name =
    node?.type === 'Literal' && typeof node.value === 'string'
      ? node.value
      : node?.type === 'TemplateLiteral' && node.expressions.length === 0
        ? node.quasis[0].value.cooked
        : undefined
  if (name !== undefined)
    requires.push({ name, isImport, line: node.loc.start.line - 1, column: node.loc.start.column + 1 })
}
