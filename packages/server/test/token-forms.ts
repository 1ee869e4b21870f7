/** Token requests as forms, with credentials in the body or by Basic (RFC 6749 §2.3.1). */

export function form(fields: readonly (readonly [string, string])[] | Record<string, string>): RequestInit {
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields as Record<string, string>).toString(),
  }
}

export function basic(id: string, secret: string, body: Record<string, string>): RequestInit {
  const encoded = [id, secret].map((half) => encodeURIComponent(half)).join(':')
  const init = form({ grant_type: 'client_credentials', ...body })
  return {
    ...init,
    headers: { ...init.headers, authorization: `Basic ${Buffer.from(encoded).toString('base64')}` },
  }
}
