"""What is added to a log, as `pft logs -f` and the dashboard read it."""

from pft_tui.daemon.logs import Tail


def test_what_is_added_comes_once(tmp_path):
    log = tmp_path / "w.log"
    tail = Tail(log)
    assert tail.read() == ""
    log.write_text("one\n")
    assert tail.read() == "one\n"
    assert tail.read() == ""
    with log.open("ab") as file:
        file.write("tw\N{LATIN SMALL LETTER O WITH DIAERESIS}".encode()[:3])
    assert tail.read() == "tw"
    with log.open("ab") as file:
        file.write("\N{LATIN SMALL LETTER O WITH DIAERESIS}".encode()[1:] + b"\xff\n")
    assert tail.read() == "ö�\n"


def test_of_a_long_log_only_the_end_is_read(tmp_path):
    log = tmp_path / "w.log"
    log.write_text("0123456789")
    tail = Tail(log, most=4)
    assert tail.read() == "6789"
    assert tail.left_out == 6
