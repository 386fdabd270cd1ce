"""A small signer of our own, that can do wrong on purpose (authorization.md §1.2, §1.4)."""

import datetime
import hashlib
import hmac
import urllib.parse


def timestamp(shift=0):
    """Now, in seconds from now, as `X-Amz-Date` writes it."""
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=shift)
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _signature(secret, scope, when, request):
    key = b"AWS4" + secret.encode()
    for step in scope.split("/"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{when}\n{scope}\n{digest}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def sign(
    headers,
    body,
    access_key,
    secret,
    region="us-east-1",
    service="kms",
    when=None,
    scope=None,
    signed=None,
    query="",
    date_header=True,
    path="/",
):
    """`headers` with `X-Amz-Date` and `Authorization` added."""
    when = when or timestamp()
    headers = dict(headers)
    if date_header:
        headers["X-Amz-Date"] = when
    scope = scope or f"{when[:8]}/{region}/{service}/aws4_request"
    lower = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed = sorted(lower if signed is None else signed)
    canonical = "".join(f"{name}:{lower[name]}\n" for name in signed)
    request = "\n".join(
        ["POST", path, query, canonical, ";".join(signed), hashlib.sha256(body).hexdigest()]
    )
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={';'.join(signed)}, "
        f"Signature={_signature(secret, scope, when, request)}"
    )
    return headers


def presign(host, query, access_key, secret, region="us-east-1", service="sts", when=None,
            expires=60, method="GET", token=None, body=b""):  # fmt: skip
    """The path and query of a presigned request that signs `host` only."""
    when = when or timestamp()
    scope = f"{when[:8]}/{region}/{service}/aws4_request"
    query = query | {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{access_key}/{scope}",
        "X-Amz-Date": when,
        "X-Amz-Expires": str(expires),
        "X-Amz-SignedHeaders": "host",
    }
    if token:
        query["X-Amz-Security-Token"] = token
    quoted = "&".join(
        f"{urllib.parse.quote(name, safe='-_.~')}={urllib.parse.quote(value, safe='-_.~')}"
        for name, value in sorted(query.items())
    )
    digest = hashlib.sha256(body).hexdigest()
    request = "\n".join([method, "/", quoted, f"host:{host}\n", "host", digest])
    return f"/?{quoted}&X-Amz-Signature={_signature(secret, scope, when, request)}"
