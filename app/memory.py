"""What a process holds from its start to its end is not looked through again and again for garbage.

A server holds some 200,000 objects that never go: tables, compiled statements, validators. The collector walks them all
every few seconds, and meanwhile nobody is answered (0.1 s, measured by `suicha bench messages`: loop_block_ms).
"""

from __future__ import annotations

import gc


def settle() -> None:
    """Take what is there by now out of the collector's rounds; called once, when the doors are open."""
    gc.collect()
    gc.freeze()
