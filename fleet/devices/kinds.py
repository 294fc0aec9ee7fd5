"""Kinds of device as data: which steps apply, and the defaults that a person may overrule.

Default weights are in grams, of a typical device of its kind with what is built in (a laptop with its battery, no charger).
EEA categories follow Directive 2012/19/EU, annex III: 2 = screens above 100 cm2, 4 = large, 5 = small, 6 = small IT
(no side above 50 cm).
"""

from dataclasses import dataclass
from enum import StrEnum

from fleet.contract.kinds import DeviceKind


class Applies(StrEnum):
    """Whether a kind of device has a step."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True)
class KindSpec:
    """What a kind of device needs on its way to ready."""

    storage: bool
    """Holds data of its own: cannot be ready without storage evidence."""
    attested: bool
    """Its reset is guided and attested by a person, with the platform's proof."""
    image: Applies
    battery: bool
    electrical: bool
    imei: bool
    weight_g: int
    eea_category: int


_YES, _NO = True, False
KINDS: dict[DeviceKind, KindSpec] = {
    # kind                               storage attested image              battery electrical imei weight EEA
    DeviceKind.LAPTOP: KindSpec(_YES, _NO, Applies.REQUIRED, _YES, _YES, _NO, 2000, 2),
    DeviceKind.DESKTOP: KindSpec(_YES, _NO, Applies.REQUIRED, _NO, _YES, _NO, 8000, 6),
    DeviceKind.ALL_IN_ONE: KindSpec(_YES, _NO, Applies.REQUIRED, _NO, _YES, _NO, 8500, 2),
    DeviceKind.MONITOR: KindSpec(_NO, _NO, Applies.NONE, _NO, _YES, _NO, 5000, 2),
    DeviceKind.TABLET: KindSpec(_YES, _YES, Applies.NONE, _YES, _YES, _NO, 500, 2),
    DeviceKind.PHONE: KindSpec(_YES, _YES, Applies.NONE, _YES, _YES, _YES, 180, 6),
    DeviceKind.FEATURE_PHONE: KindSpec(_YES, _YES, Applies.NONE, _YES, _YES, _YES, 100, 6),
    DeviceKind.CHROMEBOOK: KindSpec(_YES, _YES, Applies.NONE, _YES, _YES, _NO, 1400, 2),
    DeviceKind.MAC: KindSpec(_YES, _YES, Applies.OPTIONAL, _YES, _YES, _NO, 1600, 2),
    DeviceKind.ROUTER: KindSpec(_YES, _YES, Applies.REQUIRED, _NO, _YES, _YES, 250, 6),
    DeviceKind.EID_READER: KindSpec(_NO, _NO, Applies.NONE, _NO, _NO, _NO, 60, 6),
    DeviceKind.DRIVE: KindSpec(_YES, _NO, Applies.OPTIONAL, _NO, _NO, _NO, 300, 6),
    DeviceKind.OTHER: KindSpec(_YES, _NO, Applies.OPTIONAL, _NO, _YES, _NO, 1000, 6),
}
"""A router's "image" is its firmware version; `other` is judged strictly, because nobody knows what it holds."""
