/** The API's description as one HTML page: no script, no picture, nothing asked of any other server. */
import { type Html, html, joined } from './html.ts'
import type { DescribedOperation, OpenApi, Parameter } from './openapi.ts'
import { describeSchema } from './schema-in-words.ts'

export function docsPage(document: OpenApi): string {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const tags = [...new Set(all.flatMap(({ operation }) => operation.tags))].toSorted()
  const sections = tags.map((tag) => {
    const own = all.filter(({ operation }) => operation.tags.includes(tag))
    return html`<section id="${tag}"><h2>${tag}</h2>${joined(own.map(describeRoute))}</section>`
  })
  const { title, version, description } = document.info
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<header>
<h1>${title} <small>${version}</small></h1>
<p>${description}</p>
<p>Base: <code>${document.servers[0]?.url ?? ''}</code>. For programs: <a href="/api/v2/openapi.json">openapi.json</a>.</p>
</header>
<nav><ul>${joined(tags.map((tag) => html`<li><a href="#${tag}">${tag}</a></li>`))}</ul></nav>
<main>
${joined(sections)}
</main>
</body>
</html>
`
  return page.text
}

interface Route {
  readonly path: string
  readonly method: string
  readonly operation: DescribedOperation
}

function describeRoute({ path, method, operation }: Route): Html {
  const { operationId, summary, parameters, requestBody, responses } = operation
  const body = requestBody?.content['application/json']?.schema
  return html`<article id="${operationId}">
<h3><code>${method.toUpperCase()} ${path}</code> ${summary}</h3>
<p>Scope: ${scopesInWords(operation)}.</p>
${parameters.length > 0 ? html`<h4>Parameters</h4><dl>${joined(parameters.map(describeParameter))}</dl>` : ''}
${body ? html`<details><summary>Body</summary>${describeSchema(body)}</details>` : ''}
${joined(Object.entries(responses).flatMap(([status, answer]) => describeSuccess(status, answer)))}
</article>`
}

function scopesInWords({ security }: DescribedOperation): Html {
  const choices = security.map(({ bearer }) => bearer.join(' and '))
  return html`<code>${choices.join(' or ')}</code>`
}

function describeParameter({ name, in: place, required, description, schema }: Parameter): Html {
  return html`<dt><code>${name}</code> <i>in ${place}${required ? '' : ', optional'}</i></dt>
<dd>${describeSchema(schema)} ${description ?? ''}</dd>`
}

/** Refusals look the same everywhere, so only the answer to what was asked is spelt out. */
function describeSuccess(status: string, answer: object): Html[] {
  if (!status.startsWith('2')) return []
  const content = Object.values(Object('content' in answer ? answer.content : {}))
  const [first] = content
  const schema = first && Object(first).schema
  return [
    schema
      ? html`<details><summary>Answer ${status}</summary>${describeSchema(Object(schema))}</details>`
      : html`<p>Answer ${status}, without a body.</p>`,
  ]
}
