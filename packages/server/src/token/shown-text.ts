/** What somebody else wrote, as a line of the log can hold it. */
export function shownText(text: string, maxLength = 100): string {
  return text.slice(0, maxLength).replace(/\p{Cc}/gu, ' ')
}

/** For the operator: perhaps a slash is missing in what was registered. */
export function untrustedIssuer(issuer: string): string {
  return `No trusted issuer has the issuer ${shownText(issuer, 500)}; it counts to the letter.`
}
