"""What stops a sending: a file that holds no votes as it should, and a door that is none."""


class WrongFile(Exception):
    """The file is not a vote file; the message says where and why. `line` and `byte` from 1, 0 when there is none."""

    def __init__(self, reason: str, line: int = 0, byte: int = 0) -> None:
        super().__init__(f"{place_of(line, byte)}{reason}")
        self.line, self.byte = line, byte


class WrongDoor(Exception):
    """What answers at the address takes no votes: sending on would be of no use."""


def place_of(line: int, byte: int = 0) -> str:
    """`line 3, byte 7: `, as far as it is known."""
    if not line:
        return ""
    return f"line {line}, byte {byte}: " if byte else f"line {line}: "
