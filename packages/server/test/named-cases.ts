/** Characters of a case that its test is named by: a refused body may have any size, and names of tests are read. */
const maxNameLength = 80

/** Cases for `test.each`, each with the beginning of its first value in front, for the name of its test. */
export function named<Case extends readonly [unknown, ...unknown[]]>(
  cases: readonly Case[],
): [name: string, ...Case][] {
  return cases.map((one) => [beginningOf(one[0]), ...one])
}

function beginningOf(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, maxNameLength)
}
