"""Planting and reading samples with lanes and a meter of their own: what a firmware job needs of sampled verification."""

from collections.abc import Callable
from dataclasses import dataclass

from agents.shell.blockdev import BlockDevice, IoFault
from agents.shell.progress import Meter, Phase, ProgressSink
from agents.wipe.canaries import Planting, SampleReading, plant, verify_samples
from agents.wipe.fingerprints import Fingerprints
from agents.wipe.lanes import Lanes
from agents.wipe.sampling import SamplePlan, sample_plan


@dataclass(frozen=True)
class Sampler:
    """One device, and who looks on."""

    device: BlockDevice
    sink: ProgressSink

    def plan(self, seed: str) -> SamplePlan:
        """Where the samples lie. Raises NotSamplable."""
        return sample_plan(seed, self.device.size_bytes, self.device.logical_block_bytes)

    def plant(self, samples: SamplePlan, halted: Callable[[], bool]) -> tuple[Planting, list[IoFault]]:
        """The canaries, and what the device refused; `halted` ends it early. Raises DroppedWrites."""
        meter = Meter(Phase.WRITE, samples.planting_bytes, self.sink)
        with Lanes(halted) as lanes:
            planting = plant(self.device, samples, lanes, meter)
        meter.finish()
        return planting, lanes.faults

    def read(self, samples: SamplePlan, fingerprints: bytes, halted: Callable[[], bool]) -> tuple[SampleReading, list[IoFault]]:
        """What is there now, and what could not be read; `halted` ends it early. Raises FingerprintsMismatch."""
        meter = Meter(Phase.VERIFY, samples.total_bytes, self.sink)
        before = Fingerprints.from_bytes(fingerprints, samples)
        with Lanes(halted) as lanes:
            reading = verify_samples(self.device, samples, before, lanes, meter)
        meter.finish()
        return reading, lanes.faults
