from pathlib import Path

from fleet.devices.diagram import page

DOCS = Path(__file__).parents[3] / "docs" / "lifecycle.md"


def test_the_docs_show_the_table_as_it_is():
    assert DOCS.read_text(encoding="utf-8") == page(), "run `make lifecycle`"
