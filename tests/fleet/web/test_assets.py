"""Static files name each other by addresses that hold a hash of what they say."""

from pathlib import Path

from fleet.web.assets import Assets


def folder(tmp_path: Path, **files: str) -> Assets:
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_js", ".js")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Assets([tmp_path])


def body(assets: Assets, name: str) -> str:
    return assets._assets[name].body.decode()


def test_a_module_names_another_by_its_hashed_address_whatever_the_order(tmp_path: Path) -> None:
    used = 'import { low } from "./c.js";\nexport const middle = low;\n'
    assets = folder(tmp_path, a_js='import { middle } from "./b.js";\n', b_js=used, c_js="export const low = 1;\n")
    assert assets.url("b.js") in body(assets, "a.js")
    assert assets.url("c.js") in body(assets, "b.js")
    changed = folder(tmp_path, c_js="export const low = 2;\n")
    assert changed.url("a.js") != assets.url("a.js")


def test_what_came_with_npm_and_what_is_not_there_stay_as_they_are(tmp_path: Path) -> None:
    text = 'import { x } from "./gone.js";\n'
    assets = folder(tmp_path, vendor__a_js='import { x } from "./b.js";\n', vendor__b_js="", own_js=text)
    assert body(assets, "vendor/a.js") == 'import { x } from "./b.js";\n'
    assert body(assets, "own.js") == text


def test_two_modules_that_name_each_other_are_both_served(tmp_path: Path) -> None:
    assets = folder(tmp_path, a_js='import { b } from "./b.js";\n', b_js='import { a } from "./a.js";\n')
    assert assets.has("a.js")
    assert body(assets, "b.js") == 'import { a } from "./a.js";\n'
