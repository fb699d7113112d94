"""Copying files that only grow: whatever is repeated or lost, the copy is a beginning of the original."""

import random

from pft_tui.cluster import replica


def test_every_byte_arrives_once_whatever_is_repeated_or_lost(tmp_path):
    chance = random.Random(3)
    original, copy = tmp_path / "original", tmp_path / "copy"
    sent = 0
    for _ in range(300):
        with original.open("ab") as file:
            file.write(chance.randbytes(chance.randrange(40)))
        at = chance.choice([sent, max(0, sent - chance.randrange(20)), sent + chance.randrange(3)])
        sent = replica.write(copy, at, replica.read(original, at, chance.randrange(50)))
        assert original.read_bytes().startswith(copy.read_bytes() if copy.exists() else b"")
        assert sent == replica.length(copy)
    while sent < replica.length(original):
        sent = replica.write(copy, sent, replica.read(original, sent, 64))
    assert copy.read_bytes() == original.read_bytes()


def test_a_gap_is_not_written(tmp_path):
    copy = tmp_path / "copy"
    assert replica.write(copy, 5, b"later") == 0
    assert not copy.exists()


def test_a_copy_is_the_users_alone(tmp_path):
    replica.write(tmp_path / "copy", 0, b"x")
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
