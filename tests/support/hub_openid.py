"""Signing in at the Hub on loopback: as much of OpenID Connect as Gradio's routes ask for.

    with provider(hub) as openid:
        openid.address                        OPENID_PROVIDER_URL
        openid.user = "ada"                   who sits before the browser

Its page has two links: Authorize, and Deny.
"""

import base64
import secrets
import time
from contextlib import contextmanager
from html import escape
from urllib.parse import parse_qs, urlencode

from hub_server import listening
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

CLIENT, SECRET = "the-space", "what-only-the-space-knows"


class OpenId:
    """The provider's state; `tokens` are those that it gave out, `scopes` what it was asked for."""

    def __init__(self, hub):
        self.hub, self.address, self.user = hub, "", "ada"
        self.tokens, self.scopes, self._codes = [], [], {}
        self._key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})

    def configuration(self, request):
        return JSONResponse(
            {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    def jwks(self, request):
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    def authorize(self, request):
        asked = request.query_params
        assert asked["client_id"] == CLIENT
        self.scopes.append(asked["scope"])
        code = secrets.token_hex(8)
        self._codes[code] = (self.user, asked["redirect_uri"], asked["nonce"], asked["scope"])
        # A Space is reached by https; the one that is tested is on loopback, and has none.
        back = asked["redirect_uri"].replace("https://127.0.0.1", "http://127.0.0.1", 1)
        state = {"state": asked["state"]}
        ways = {"Authorize": {"code": code}, "Deny": {"error": "access_denied"}}
        links = "".join(
            f'<p><a href="{escape(f"{back}&{urlencode(way | state)}")}">{name}</a>'
            for name, way in ways.items()
        )
        return HTMLResponse(f"<!doctype html><title>The Hub</title>{links}")

    async def token(self, request):
        asked = {name: one for name, (one,) in parse_qs((await request.body()).decode()).items()}
        given = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        assert request.headers["authorization"] == f"Basic {given}"
        user, redirect, nonce, scope = self._codes.pop(asked["code"])
        assert asked["redirect_uri"] == redirect
        self.tokens.append(token := self.hub.token(user))
        about = {
            "iss": self.address, "sub": user, "aud": CLIENT, "nonce": nonce,
            "iat": int(time.time()), "exp": int(time.time()) + 3600,
            "preferred_username": user, "name": user.title(),
            "profile": f"{self.hub.address}/{user}", "picture": "",
        }  # fmt: skip
        return JSONResponse(
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": 28800,
                "scope": scope,
                "id_token": jwt.encode({"alg": "RS256", "kid": "1"}, about, self._key),
            }
        )


@contextmanager
def provider(hub):
    """A provider on a free port of 127.0.0.1 that gives out the Hub's tokens."""
    openid = OpenId(hub)
    routes = [
        Route("/.well-known/openid-configuration", openid.configuration),
        Route("/jwks", openid.jwks),
        Route("/authorize", openid.authorize),
        Route("/token", openid.token, methods=["POST"]),
    ]
    with listening(Starlette(routes=routes)) as openid.address:
        yield openid
