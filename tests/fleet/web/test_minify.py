"""A stylesheet loses what only its readers need, and nothing that a browser reads."""

import re

import pytest

from fleet import ui
from fleet.web.minify import minified


@pytest.mark.parametrize(
    ("written", "served"),
    [
        ("a { color: red; }\n", "a{color:red}"),
        ("/* why */ a , b > c{ d : e ;; }", "a,b>c{d :e;}"),
        (".menu :focus { x: y }", ".menu :focus{x:y}"),
        ("a { b: calc(1rem + 2px - 3px); }", "a{b:calc(1rem + 2px - 3px)}"),
        ('a { content: "/* no  comment */ ; } "; }', 'a{content:"/* no  comment */ ; } "}'),
        (r"a { content: 'it\'s  ; '; b: c }", r"a{content:'it\'s  ; ';b:c}"),
        ("a { & > b { c: d; } > .e { f: g } }", "a{&>b{c:d}>.e{f:g}}"),
        ("@media screen and (max-width: 45rem) { a { b: c } }", "@media screen and (max-width:45rem){a{b:c}}"),
        ("a\n  /* two\nlines */\n  b { c: d }", "a b{c:d}"),
        ("a { b: c; }\n\n\n", "a{b:c}"),
        ("", ""),
    ],
)
def test_blanks_and_comments_go(written: str, served: str) -> None:
    assert minified(written) == served


def test_minifying_twice_changes_nothing() -> None:
    once = minified((ui.STATIC_DIR / "heropstart.css").read_text())
    assert minified(once) == once


def test_our_stylesheet_keeps_every_rule() -> None:
    """Each declaration and each brace is still there, whatever stands between them."""
    written = re.sub(r"/\*.*?\*/", "", (ui.STATIC_DIR / "heropstart.css").read_text(), flags=re.DOTALL)
    served = minified(written)
    assert served.count("{") == written.count("{")
    assert served.count("}") == written.count("}")
    assert re.sub(r"[\s;]", "", served) == re.sub(r"[\s;]", "", written)
