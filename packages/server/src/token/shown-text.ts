/** Characters of a description or a user agent that a log entry keeps. */
export const maxEntryTextLength = 1000

/** What callers and rules wrote, as one line of the log: it cannot begin another one. */
export function shownText(text: string, maxLength = 100): string {
  return text.slice(0, maxLength).replace(/\p{Cc}/gu, ' ')
}

/** For the operator: often a final slash is missing in what was registered. */
export function untrustedIssuer(issuer: string): string {
  return `No trusted issuer has the issuer ${shownText(issuer, 500)}; it counts to the letter.`
}
