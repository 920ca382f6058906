"""How far a freeze or a draw is, for whoever waits at a screen: it decides nothing and is kept nowhere.

freeze | draw -> step(): the next one has begun; told(): so much of it is done -> shown() <- GET .../progress
"""

from __future__ import annotations

from typing import Any

FREEZE = ("读取名录，核对范围与排除", "核对人员、回避与轮换", "计算名单哈希与默克尔根", "写入公告与名单")
DRAW = ("核对冻结的文件", "计算每户的签号", "匹配检查人员", "派发任务、起草通知")


class Progress:
    """The steps of one act in their order; before `step` is called the first time it has not begun."""

    def __init__(self, steps: tuple[str, ...]) -> None:
        """Take the names of the steps as people read them."""
        self._steps, self._at, self._share = steps, -1, 0.0

    def step(self) -> None:
        """Begin the next step; the one before is done."""
        self._at, self._share = self._at + 1, 0.0

    def told(self, done: int, whole: int) -> None:
        """Take note how much of the present step is done; called from several threads."""
        self._share = done / whole if whole else 1.0

    def shown(self) -> list[dict[str, Any]]:
        """Give the steps with their state: done, now (with its share, 0 where nobody counts) or waiting."""
        return [
            {
                "text": text,
                "state": "done" if number < self._at else "now" if number == self._at else "waiting",
                "share": round(self._share, 2) if number == self._at else 0,
            }
            for number, text in enumerate(self._steps)
        ]
