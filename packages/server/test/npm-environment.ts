/** Where this machine gets packages from, as its npm is configured; a server that is handed it installs from there. */
export function npmEnvironment(): Record<string, string> {
  const named = /^(?:PATH|HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|(?:https?|no)_proxy|npm_config_.*)$/i
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      named.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  )
}
