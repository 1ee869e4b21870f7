/**
 * A secret in memory: printed, logged or turned into JSON it says `[secret]`. Only `revealSecret` opens it,
 * so that a search for that name finds every place that does.
 */
import { inspect } from 'node:util'

const texts = new WeakMap<SecretText, string>()

export class SecretText {
  constructor(text: string) {
    texts.set(this, text)
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

export function revealSecret(secret: SecretText): string {
  const text = texts.get(secret)
  if (text === undefined) throw new TypeError('This secret was not made by its constructor.')
  return text
}
