"""A file system that the kernel takes for one over the network: a real mount of the type `fuse.sshfs`.

Behind it is no server but a thread that speaks as much of FUSE (linux/fuse.h) as it takes to read one file.
"""

import ctypes
import errno
import os
import stat
import struct
import threading
from contextlib import contextmanager

ROOT, FILE = 1, 2
LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE = 1, 2, 3, 14, 15, 17, 18
FLUSH, INIT, OPENDIR, RELEASEDIR, ACCESS, INTERRUPT, BATCH_FORGET = 25, 26, 27, 29, 34, 36, 42
DETACH = 2
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def network_disk(folder, name, content):
    """`folder` as a mount that holds one file. Raises OSError where such a mount cannot be made."""
    device = os.open("/dev/fuse", os.O_RDWR)
    try:
        options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
        mounted = _libc.mount(b"host:/export", os.fsencode(folder), b"fuse.sshfs", 0, options.encode())
        if mounted != 0:
            raise OSError(ctypes.get_errno(), "mount")
        server = threading.Thread(target=_serve, args=(device, name.encode(), content))
        server.start()
        try:
            yield
        finally:
            _libc.umount2(os.fsencode(folder), DETACH)
            server.join(20)
    finally:
        os.close(device)


def _serve(device, name, content):
    while True:
        try:
            request = os.read(device, 1 << 18)
        except OSError:  # unmounted
            return
        _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
        if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
            continue
        try:
            answer, error = _answer(opcode, node, request[40:], name, content), 0
        except OSError as refused:
            answer, error = b"", -refused.errno
        os.write(device, struct.pack("<IiQ", 16 + len(answer), error, unique) + answer)


def _answer(opcode, node, body, name, content):
    if opcode == INIT:
        return struct.pack("<IIIIHHIIHHI28x", 7, 31, 1 << 16, 0, 12, 9, 1 << 16, 1, 0, 0, 0)
    if opcode == LOOKUP:
        if (node, body.rstrip(b"\0")) != (ROOT, name):
            raise OSError(errno.ENOENT, "lookup")
        return struct.pack("<QQQQII", FILE, 0, 1, 1, 0, 0) + _attributes(FILE, content)
    if opcode == GETATTR:
        return struct.pack("<QII", 1, 0, 0) + _attributes(node, content)
    if opcode in (OPEN, OPENDIR):
        return struct.pack("<QII", 0, 0, 0)
    if opcode == READ:
        _, offset, size = struct.unpack_from("<QQI", body)
        return content[offset : offset + size]
    if opcode == STATFS:
        return struct.pack("<QQQQQIIII24x", 1 << 30, 1 << 29, 1 << 29, 9, 9, 4096, 255, 4096, 0)
    if opcode in (RELEASE, RELEASEDIR, FLUSH, ACCESS):
        return b""
    raise OSError(errno.ENOSYS, "not here")


def _attributes(node, content):
    mode = stat.S_IFDIR | 0o755 if node == ROOT else stat.S_IFREG | 0o644
    size = 0 if node == ROOT else len(content)
    times = (0,) * 6
    return struct.pack(
        "<QQQ3Q3IIIIIIII", node, size, 1, *times, mode, 1, os.getuid(), os.getgid(), 0, 4096, 0
    )
