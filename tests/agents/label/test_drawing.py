import hashlib
from pathlib import Path

import pytest

from agents.label.drawing import LabelImpossible, LabelNotStored, draw_label
from labels import codes
from labels.layout import AssetLabel
from labels.stock import LabelSize

CODE = next(code for number in range(7_000, 7_100) if (code := codes.from_number(number)))
LABEL = AssetLabel(CODE, "Kringwinkel", "https://fleet.example.org", "Latitude 5490", "5CG1234XYZ")


def test_a_label_is_stored_under_its_code_and_again_the_same(tmp_path: Path) -> None:
    drawn = draw_label(LABEL, tmp_path / "labels")
    assert drawn.path == tmp_path / "labels" / f"{CODE}.pdf"
    assert drawn.payload == f"HTTPS://FLEET.EXAMPLE.ORG/A/{CODE}"
    assert drawn.sha256 == hashlib.sha256(drawn.path.read_bytes()).hexdigest()
    assert draw_label(LABEL, tmp_path / "labels") == drawn
    assert list(drawn.path.parent.iterdir()) == [drawn.path]


def test_what_cannot_stand_on_the_stock_is_refused_and_nothing_is_stored(tmp_path: Path) -> None:
    long = AssetLabel(CODE, "K", "https://" + ".".join(["a" * 40] * 4) + ".org", "M", "S")
    for label in (long, AssetLabel(CODE, "K", "https://x.org/path", "M", "S")):
        with pytest.raises(LabelImpossible, match=r"host name|cannot stand on a label") as caught:
            draw_label(label, tmp_path, size=LabelSize.SMALL_50X25)
        assert caught.value.exit_code == 3
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text("a file, not a folder")
    with pytest.raises(LabelNotStored, match="labels"):
        draw_label(LABEL, tmp_path / "labels")


def test_a_failed_write_leaves_the_old_label_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = draw_label(LABEL, tmp_path)

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(LabelNotStored, match="No space left"):
        draw_label(AssetLabel(CODE, "Other", LABEL.base_url, "M", "S"), tmp_path)
    assert hashlib.sha256(before.path.read_bytes()).hexdigest() == before.sha256
    assert list(tmp_path.iterdir()) == [before.path]
