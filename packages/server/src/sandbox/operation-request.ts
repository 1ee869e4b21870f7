/** A request of a program to its runner, as parsed from its JSON; every member is the program's word. */
export interface Request {
  readonly operation: string
  readonly [member: string]: unknown
}

export type Operation = (request: Request) => unknown

export function text(request: Request, name: string): string {
  return String(request[name])
}
