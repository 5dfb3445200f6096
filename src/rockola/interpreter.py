"""How the interpreter's time is shared: among threads, and with the collector of cycles."""

import gc
import sys

SWITCH = 0.0005  # seconds a thread holds the interpreter while another waits: consumer and gateway share it
YOUNG = 50_000  # objects made since the last look for cycles: a batch of votes makes thousands, and hardly a cycle


def settle() -> None:
    """Called when all parts are up: what is there now stays, and is not looked through for cycles again."""
    sys.setswitchinterval(SWITCH)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
