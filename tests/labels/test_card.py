"""A badge's card: read back by another program, and no text can break it."""

import re

import pypdfium2
import pytest
import zxingcpp

from fleet.contract.badge import new_badge_code
from labels.card import HEIGHT_MM, WIDTH_MM, BadgeCard, badge_card


@pytest.mark.parametrize("name", ["Mo", "Fatma El Amrani-Vandenbroucke de la Rivière", "(\\) Tj ET <</JS>>", "أحمد", "x" * 120])
def test_the_code_on_a_card_is_read_back(name):
    code = new_badge_code()
    drawn = badge_card(BadgeCard(name, "Kringwinkel De Herstart", code, "Found? Bring it to the desk of this organisation."))
    page = pypdfium2.PdfDocument(drawn)[0]
    assert (page.get_width(), page.get_height()) == pytest.approx((WIDTH_MM * 72 / 25.4, HEIGHT_MM * 72 / 25.4), abs=0.1)
    [found] = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    assert found.text == code
    assert page.get_textpage().get_text_range().strip()


def test_the_same_card_gives_the_same_bytes():
    card = BadgeCard("Mo", "Noord", new_badge_code())
    assert badge_card(card) == badge_card(card)
    assert re.search(rb"/ViewerPreferences", badge_card(card))
