"""Whether this machine uses a device: through partitions, device-mapper, md, LVM, btrfs, loop devices, swap or a mount.

Used devices are followed down to the disks that they stand on, and the device in question up to what stands on it; either is
enough to refuse. A loop device is judged by its own use and that of other loop devices on the same file, not by the disk under
its backing file.
"""

from collections.abc import Iterator
from pathlib import Path

from agents.identify.host import AttachedLoop, Host, InUse, Undeterminable
from agents.identify.sysfs import DeviceNumber, Node, node_of
from agents.shell.ioctls import LoopBacking


def uses_of_block(number: DeviceNumber, host: Host) -> tuple[str, ...]:
    """How this machine uses a whole disk, in words; empty when it does not. Raises Undeterminable."""
    try:
        return tuple(dict.fromkeys(_uses(number, host, seen=frozenset())))
    except (OSError, ValueError) as error:
        raise Undeterminable(f"the use of device {number} cannot be read ({error}). {Undeterminable.__doc__}") from error


def uses_of_file(path: Path, host: Host) -> tuple[str, ...]:
    """How this machine uses a plain file: attached as a loop device, or swapped to. Raises Undeterminable."""
    found = path.stat()
    attached = [f"attached as {loop.name}" for loop in host.loops() if _stands_on_file(loop, path, (found.st_dev, found.st_ino))]
    swapped = ["swap file of this machine" for swap in host.swaps() if swap.is_file and Path(swap.path).samefile(path)]
    return (*attached, *swapped)


def _uses(number: DeviceNumber, host: Host, seen: frozenset[DeviceNumber]) -> Iterator[str]:
    disk = node_of(number, host.sys).disk
    loops = host.loops()
    for use in (*host.in_use(), *_standing_under_loops(loops, seen | {number})):
        if disk.number in _foundation(use.number, host):
            yield use.how
    for member in (disk, *disk.parts()):
        for holder in member.linked("holders"):
            yield f"{member.name} is held by {holder.name}"
    yield from _uses_beside(number, host, loops, seen | {number})


def _foundation(number: DeviceNumber, host: Host) -> set[DeviceNumber]:
    """A device, its disk, and all that these stand on. A number without a node is a device that has left."""
    reached: set[DeviceNumber] = set()
    waiting = [number]
    while waiting:
        current = waiting.pop()
        if current in reached:
            continue
        reached.add(current)
        try:
            node = node_of(current, host.sys)
        except FileNotFoundError:
            continue
        waiting.append(node.disk.number)
        waiting.extend(below.number for below in _slaves(node))
    return reached


def _slaves(node: Node) -> Iterator[Node]:
    """What a device stands on; partitions have no such folder."""
    return iter(()) if node.is_partition else node.linked("slaves")


def _standing_under_loops(loops: tuple[AttachedLoop, ...], judged: frozenset[DeviceNumber]) -> Iterator[InUse]:
    """The disks under other loop devices: the block device attached, or the disk of the file system that holds the file."""
    for loop in loops:
        if loop.number in judged:
            continue
        backing = _known(loop)
        below = backing.device if backing.block_device is None else backing.block_device
        yield InUse(DeviceNumber.of(below), f"under {loop.name} ({loop.shown_path})")


def _uses_beside(
    number: DeviceNumber, host: Host, loops: tuple[AttachedLoop, ...], seen: frozenset[DeviceNumber]
) -> Iterator[str]:
    """For a loop device: the use of other loop devices on the same file, or of the block device that it stands on."""
    own = next((loop for loop in loops if loop.number == number), None)
    if own is None:
        return
    backing = _known(own)
    if backing.block_device is not None:
        below = DeviceNumber.of(backing.block_device)
        if below not in seen:
            yield from (f"{own.name} stands on {below}: {use}" for use in _uses(below, host, seen))
        return
    for loop in loops:
        twin = _known(loop)
        if loop.number not in seen and (twin.device, twin.inode) == (backing.device, backing.inode):
            yield from (f"the same file is {loop.name}: {use}" for use in _uses(loop.number, host, seen | {loop.number}))


def _known(loop: AttachedLoop) -> LoopBacking:
    if loop.backing is None:
        raise Undeterminable(f"what {loop.name} stands on cannot be read. Run the bench agent as root. {Undeterminable.__doc__}")
    return loop.backing


def _stands_on_file(loop: AttachedLoop, path: Path, file: tuple[int, int]) -> bool:
    if loop.backing is not None:
        return (loop.backing.device, loop.backing.inode) == file
    try:
        return Path(loop.shown_path).samefile(path)
    except OSError:
        return False
