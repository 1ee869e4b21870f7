/**
 * A text that must not be printed: a client secret, a rule's secret, a token in plain. It has a type that
 * cannot be printed, so that no log line, error or JSON body shows it by accident.
 */
import { inspect } from 'node:util'

const hidden = '[secret]'

let textOf: (secret: SecretText) => string

export class SecretText {
  readonly #text: string

  // Only this module can reach the private text, and it gives it out through one function alone.
  static {
    textOf = (secret) => secret.#text
  }

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return hidden
  }

  toJSON(): string {
    return hidden
  }

  [inspect.custom](): string {
    return hidden
  }
}

/** The one function that opens a secret: searching for its name finds every place that does. */
export function revealSecret(secret: SecretText): string {
  return textOf(secret)
}
