"""Images of the service's catalogue, brought to the bench: when somebody asks, and ahead of time for the ports that want them."""

import logging
import threading
from typing import Final

from agents.bench.station import Station
from agents.errors import AgentError
from agents.image.cache import FetchBroken, ImageCache
from agents.image.catalogue import ImageNotFound, LocalImage
from agents.image.manifest import manifest_from
from agents.report.errors import Unreachable
from agents.shell.progress import ProgressSink, ignore
from fleet.contract.bench import CatalogueImage
from fleet.contract.signing import public_from_text

_log = logging.getLogger(__name__)
_AGAIN_S: Final = 900.0
"""How often a bench looks for newer versions."""


def cache_of(station: Station) -> ImageCache:
    """The bench's cache, which takes only what its service signed."""
    key = public_from_text(station.profile.service_public_key)
    return ImageCache(station.config.images_dir, key, keep=station.config.images_keep)


def fetch(station: Station, wanted: str, stop: threading.Event, on_progress: ProgressSink = ignore) -> LocalImage:
    """An image by `name` or `name@version`: the service's newest version, from the cache when it is there.

    A connection that breaks is made anew as long as each one brought something.

    Raises:
        ImageNotFound: the catalogue has no such image, or only its manifest.
        ServiceError, NoRoom, FetchRunning, FetchAltered, FetchBroken, ManifestInvalid, ManifestSignatureInvalid.
    """
    entry = _entry(station, wanted)
    cache = cache_of(station)
    manifest = manifest_from(entry.manifest, public_from_text(station.profile.service_public_key))
    while True:
        before = cache.arrived(manifest)
        try:
            return cache.fetch(entry.manifest, station.client, on_progress=on_progress, stop=stop.is_set)
        except (Unreachable, FetchBroken):
            if stop.is_set() or cache.arrived(manifest) <= before:
                raise


def _entry(station: Station, wanted: str) -> CatalogueImage:
    name, _, version = wanted.partition("@")
    offered = station.client.images().images
    for entry in offered:
        if entry.name == name and version in {"", entry.version}:
            if not entry.fetchable:
                raise ImageNotFound(
                    f"The service has the manifest of {name} {entry.version}, not its file. "
                    "Ask your admin to publish it: fleet image publish MANIFEST FILE."
                )
            return entry
    there = ", ".join(f"{entry.name}@{entry.version}" for entry in offered) or "none"
    raise ImageNotFound(f"The service offers no image {wanted!r}. Images there: {there}.")


class Fetcher:
    """Keeps the images of all ports at hand, in a thread of its own; a service that is away is asked again later."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._names = sorted({port.image for port in station.config.ports if port.image is not None})
        self._thread = threading.Thread(target=self._run, name="images", daemon=True)

    def start(self) -> None:
        """Begin, if any port wants an image."""
        if self._names:
            self._thread.start()

    def join(self) -> None:
        """End after what is under way; `station.stopping` must be set."""
        if self._names:
            self._thread.join()

    def _run(self) -> None:
        while not self._station.stopping.is_set():
            for name in self._names:
                try:
                    fetch(self._station, name, self._station.stopping)
                except AgentError as error:
                    _log.info("image %s: %s", name, error)
            self._station.stopping.wait(_AGAIN_S)
