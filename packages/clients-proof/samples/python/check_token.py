import json
import re
import time
import urllib.request

import jwt


class Refused(Exception):
    """The caller gets this status, and the code as the `error` of its WWW-Authenticate challenge (RFC 6750, section 3)."""

    def __init__(self, status, code):
        super().__init__(code)
        self.status = status
        self.code = code


class KeySetUnreadable(Exception):
    """No fault of the caller: answer 503."""


class KeySet:
    """Kept for five minutes; a key that is not in it is looked for again, at most every 30 seconds."""

    def __init__(self, url):
        self.url = url
        self.keys = {}
        self.fetched_at = None

    def find(self, kid):
        age = None if self.fetched_at is None else time.monotonic() - self.fetched_at
        if age is None or age > 300 or (kid not in self.keys and age > 30):
            self.keys = self.fetch()
            self.fetched_at = time.monotonic()
        return self.keys.get(kid)

    def fetch(self):
        try:
            with urllib.request.urlopen(self.url, timeout=5) as answer:
                return {key["kid"]: key for key in json.load(answer)["keys"]}
        except (OSError, ValueError, KeyError) as cause:
            raise KeySetUnreadable from cause


class CheckToken:
    def __init__(self, issuer, audience, algorithm):
        self.issuer = issuer
        self.audience = audience
        self.algorithm = algorithm
        self.key_set = KeySet(issuer + ".well-known/jwks.json")

    def __call__(self, authorization, scope):
        match = re.fullmatch(r"Bearer +([A-Za-z0-9._~+/-]+=*)", authorization or "", re.IGNORECASE)
        if match is None:
            raise Refused(401, "invalid_token")
        try:
            claims = self.verify(match[1])
        except (jwt.PyJWTError, ValueError):
            raise Refused(401, "invalid_token") from None
        # It is bound to a key: whoever sends it as a plain bearer token may have stolen it.
        if "cnf" in claims:
            raise Refused(401, "invalid_token")
        granted = claims.get("scope")
        if not isinstance(granted, str) or scope not in granted.split(" "):
            raise Refused(403, "insufficient_scope")
        return claims

    def verify(self, token):
        header = jwt.get_unverified_header(token)
        if header.get("typ") != "at+jwt" or not isinstance(header.get("kid"), str):
            raise ValueError("no access token")
        jwk = self.key_set.find(header["kid"])
        # The key says what it is for, never the token.
        if jwk is None or jwk["alg"] != self.algorithm:
            raise ValueError("no key of this issuer")
        return jwt.decode(
            token,
            jwt.PyJWK.from_dict(jwk).key,
            algorithms=[self.algorithm],
            issuer=self.issuer,
            audience=self.audience,
            leeway=10,
            options={"require": ["iss", "aud", "exp", "iat", "sub", "client_id"]},
        )
