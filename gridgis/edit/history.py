"""Undo and redo: plans never change, so the plan before is the plan before."""

from __future__ import annotations

from gridgis.edit.change import Edit
from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis.plan import Plan


class History:
    """The edits made of one plan, in order, and how many of them are in force."""

    def __init__(self, plan: Plan) -> None:
        self._first = plan
        self._edits: list[Edit] = []
        self._done = 0

    @property
    def plan(self) -> Plan:
        """The plan as it stands."""
        return self._edits[self._done - 1].plan if self._done else self._first

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits in force, the first one first."""
        return tuple(self._edits[: self._done])

    @property
    def can_undo(self) -> bool:
        """Whether an edit is in force."""
        return self._done > 0

    @property
    def can_redo(self) -> bool:
        """Whether an edit has been undone since the last new one."""
        return self._done < len(self._edits)

    def do(self, edit: Edit) -> Plan:
        """Put an edit of the plan as it stands in force; edits undone before are forgotten."""
        if edit.before is not self.plan:
            raise InputError(Said("this edit was made of another plan than the one that stands; make it again"))
        self._edits[self._done :] = [edit]
        self._done += 1
        return self.plan

    def undo(self) -> Plan:
        """Return to the plan before the last edit in force."""
        if not self.can_undo:
            raise InputError(Said("there is nothing to undo; the plan is as it was at first"))
        self._done -= 1
        return self.plan

    def redo(self) -> Plan:
        """Put the edit last undone in force again."""
        if not self.can_redo:
            raise InputError(Said("there is nothing to redo; no edit has been undone"))
        self._done += 1
        return self.plan
