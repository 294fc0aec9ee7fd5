"""Start the OpenID provider of oidc_provider.mjs, and be somebody who signs in there."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

SCRIPT = Path(__file__).with_name("oidc_provider.mjs")
SECRET = "a secret: with signs & spaces"
_FORM = re.compile(r'<form[^>]+action="([^"]+)"')


@contextmanager
def provider(
    redirects: Sequence[str], accounts: Mapping[str, Mapping[str, Any]], sign_outs: Sequence[str] = (), *, in_token: bool = True
) -> Iterator[str]:
    """A running provider's issuer, until the end of the block."""
    given = json.dumps({"redirects": redirects, "signOuts": sign_outs, "accounts": accounts, "inToken": in_token})
    with subprocess.Popen(
        ["node", SCRIPT, given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=SCRIPT.parents[2],
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            issuer: str = json.loads(process.stdout.readline())["issuer"]
            yield issuer
        finally:
            process.kill()


def sign_in_there(address: str, login: str) -> str:
    """Follow an authorization address, type the login into the provider's own form; where it sends the browser back to."""
    with httpx.Client(trust_env=False, timeout=20) as browser:
        answer = browser.get(address)
        for _ in range(6):
            while answer.is_redirect:
                onward = urljoin(str(answer.request.url), answer.headers["location"])
                if not onward.startswith(str(browser_origin(address))):
                    return onward
                answer = browser.get(onward)
            found = _FORM.search(answer.text)
            assert found is not None, answer.text[:500]
            form = {"prompt": "login", "login": login, "password": "not looked at"}
            answer = browser.post(unescape(found[1]), data=form)
    raise AssertionError("the provider does not send the browser back")


def browser_origin(address: str) -> httpx.URL:
    """Scheme, host and port of an address."""
    return httpx.URL(address).copy_with(path="/", query=None)
