/** What a program is told, and how it tells what it got. */

export const domain = variable('AUTH0_DOMAIN')
export const clientId = variable('AUTH0_CLIENT_ID')
export const clientSecret = process.env.AUTH0_CLIENT_SECRET ?? ''
export const audience = process.env.AUTH0_AUDIENCE ?? ''

export function variable(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is missing.`)
  return value
}

export function tell(result: unknown): void {
  process.stdout.write(JSON.stringify(result))
}

/** The members of what a call threw, as far as they are named. */
export async function refusalOf(call: () => Promise<unknown>, members: readonly string[]) {
  try {
    await call()
    return 'no refusal'
  } catch (error) {
    return Object.fromEntries(members.map((member) => [member, Reflect.get(Object(error), member)]))
  }
}
