/**
 * Patterns for the `sub` of a token. A subject is a path whose parts stand between `/` and `:`, as issuers write them:
 * `repo:acme/app:ref:refs/heads/main`, `system:serviceaccount:prod:billing`, `spiffe://acme.example/ns/prod/sa/billing`.
 *
 * A `*` stands for one or more characters of its part and never reaches into the next one. Only a `*` that is the whole
 * of the last part stands for all that is left. So `repo:acme/app:*` is every run of that repository, and neither it nor
 * `repo:acme/app*` is a run of `acme/app-evil`.
 */

/** Undefined when it is a pattern; else why it is none, as a sentence. */
export function whyNotSubjectPattern(pattern: string): string | undefined {
  if (/^[*/:]*$/.test(pattern)) {
    return 'It may not be * alone, with separators or without: that is everyone whom the issuer knows'
  }
  if (pattern.includes('**'))
    return 'It may not hold ** : a * never reaches beyond its own part, but for the last'
  return undefined
}

/** Compared as written: case, escapes and Unicode forms count. */
export function matchesSubject(pattern: string, subject: string): boolean {
  const asked = partsOf(pattern)
  const given = partsOf(subject)
  const takesRest = asked.length > 1 && asked.at(-1) === '*'
  if (takesRest ? given.length < asked.length : given.length !== asked.length) return false
  if (!takesRest) return asked.every((part, at) => matchesPart(part, given[at] ?? ''))
  const isRestThere = given.slice(asked.length - 1).join('') !== ''
  return isRestThere && asked.slice(0, -1).every((part, at) => matchesPart(part, given[at] ?? ''))
}

/** Parts and what separates them, in turn: the separators have to be the same ones, too. */
function partsOf(text: string): string[] {
  return text.split(/([/:])/)
}

/** The pieces between the `*` in their order, each as early as it can be: if that fails, nothing else would do. */
function matchesPart(pattern: string, part: string): boolean {
  const [first = '', ...others] = pattern.split('*')
  const last = others.pop()
  if (last === undefined) return pattern === part
  if (!part.startsWith(first)) return false
  let from = first.length
  for (const piece of others) {
    const at = part.indexOf(piece, from + 1)
    if (at < 0) return false
    from = at + piece.length
  }
  return part.endsWith(last) && part.length - last.length > from
}
