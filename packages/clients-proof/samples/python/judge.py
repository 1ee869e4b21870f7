# Each line of standard input is an Authorization header; each line of standard output what becomes of it.
import sys

from check_token import CheckToken, KeySetUnreadable, Refused

issuer, audience, algorithm, scope = sys.argv[1:]
check_token = CheckToken(issuer, audience, algorithm)

for line in sys.stdin:
    try:
        print(200, check_token(line.rstrip("\n"), scope)["client_id"], flush=True)
    except Refused as refused:
        print(refused.status, refused.code, flush=True)
    except KeySetUnreadable:
        print(503, flush=True)
