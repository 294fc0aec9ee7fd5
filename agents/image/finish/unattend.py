r"""The answer file of a sysprepped Windows image, which Windows reads at its first start (pure).

Settings and passes are those of Microsoft's "Unattended Windows Setup Reference". Windows looks for it in
%WINDIR%\Panther ("Windows Setup automation overview", implicit answer file search order).
"""

from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # nosec B405 - only written, nothing is parsed

from agents.image.finish.wishes import Wishes
from fleet.contract.finishing import Unattend
from fleet.contract.kinds import Architecture

PATH: Final = "/Windows/Panther/unattend.xml"
_NAMESPACE: Final = "urn:schemas-microsoft-com:unattend"
_ASSEMBLY: Final = {"publicKeyToken": "31bf3856ad364e35", "language": "neutral", "versionScope": "nonSxS"}
"""The same for every component of Windows itself."""
_PROCESSOR: Final = {Architecture.X86_64: "amd64", Architecture.AARCH64: "arm64"}


def answer_file(step: Unattend, wishes: Wishes, architecture: Architecture) -> bytes:
    """The bytes of unattend.xml: computer name and time zone in `specialize`, language and keyboard in `oobeSystem`.

    Raises HostNameImpossible.
    """
    root = Element("unattend", {"xmlns": _NAMESPACE})
    shell = _component(root, "specialize", "Microsoft-Windows-Shell-Setup", architecture)
    _values(shell, {"ComputerName": wishes.computer_name, "TimeZone": step.time_zone})
    language = {
        "InputLocale": step.input_profile,
        "SystemLocale": step.locale,
        "UILanguage": step.ui_language,
        "UserLocale": step.locale,
    }
    _values(_component(root, "oobeSystem", "Microsoft-Windows-International-Core", architecture), language)
    indent(root)
    told: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{told}\n'.encode()


def _component(root: Element, phase: str, name: str, architecture: Architecture) -> Element:
    settings = SubElement(root, "settings", {"pass": phase})
    return SubElement(settings, "component", {"name": name, "processorArchitecture": _PROCESSOR[architecture], **_ASSEMBLY})


def _values(parent: Element, values: dict[str, str]) -> None:
    for name, text in values.items():
        SubElement(parent, name).text = text
