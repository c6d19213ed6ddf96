"""Each variable of a function in Numba's representation assigned once, in time linear in the function's length.

Numba takes the variables one by one, and goes through all statements of the function for each. Here each variable goes
through the statements that it is in. What comes of it is the same, down to the names: a definition is given a name of
its own, in the order of the text; a use takes the definition that reaches it, or the phi of its block.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from typing import Any

from numba.core import ir, ir_utils
from numba.core.analysis import compute_cfg_from_blocks

Place = tuple[int, int]  # a block, and the index of a statement


Places = dict[str, list[Place]]  # by the name of a variable, in the order of the function


def single_assignment(blocks: dict[int, Any]) -> None:
    """Rename variables that are assigned more than once, and join them by phis, in `blocks` itself."""
    graph = compute_cfg_from_blocks(blocks)
    phis: dict[int, list[Any]] = defaultdict(list)
    assigned, read = _occurrences(blocks)
    for name in _several(assigned, read, graph):
        made = _Variable(name, blocks, graph)
        made.rename(assigned[name], read.get(name, []))
        for place, own in made.phis.items():
            phis[place][:0] = own
    for place, joined in phis.items():
        blocks[place].body[:0] = joined


def _occurrences(blocks: dict[int, Any]) -> tuple[Places, Places]:
    """Where each variable is assigned, and where it is read."""
    assigned: Places = defaultdict(list)
    read: Places = defaultdict(list)
    for place, block in blocks.items():
        for k, s in enumerate(block.body):
            if isinstance(s, ir.Assign):
                assigned[s.target.name].append((place, k))
            for name in dict.fromkeys(var.name for var in _read(s)):
                read[name].append((place, k))
    return assigned, read


def _read(s: Any) -> list[Any]:
    value = s.value if isinstance(s, ir.Assign) else s
    if isinstance(value, ir.Var):
        return [value]
    made: list[Any] = value.list_vars() if isinstance(value, ir.Inst) else []
    return made


def _several(assigned: Places, read: Places, graph: Any) -> list[str]:
    """The variables that are assigned more than once; and then those that may be read before they are assigned."""
    several = [name for name, places in assigned.items() if len(places) > 1]
    above = graph.dominators()
    for name, places in read.items():
        made = assigned.get(name, ())
        if len(made) == 1 and any(made[0][0] not in above[at[0]] for at in places if at != made[0]):
            several.append(name)
    return several


class _Variable:
    """A variable that is renamed, and its definitions."""

    def __init__(self, name: str, blocks: dict[int, Any], graph: Any):
        self.name, self.blocks, self.graph = name, blocks, graph
        self.scope = next(iter(blocks.values())).scope
        self.phis: dict[int, list[Any]] = {}
        self.made: dict[int, list[tuple[int, Any]]] = defaultdict(list)  # by block: indices and targets
        self.at_start: dict[int, Any] = {}  # by block: what reaches it

    def rename(self, assigned: list[Place], read: list[Place]) -> None:
        for place, k in assigned:
            s = self.blocks[place].body[k]
            target = self.scope.redefine(self.name, loc=s.loc) if self.made else s.target
            self.made[place].append((k, target))
            self.blocks[place].body[k] = ir.Assign(target=target, value=s.value, loc=s.loc)
        self.joined = self._frontier()
        for place, k in read:
            block = self.blocks[place]
            reaching = self._reaching(place, k, block.loc)
            if reaching is not ir.UNDEFINED and reaching.name != self.name:
                block.body[k] = _replaced(block.body[k], {self.name: reaching})

    def _frontier(self) -> set[int]:
        """The blocks in which several definitions may come together."""
        frontier: set[int] = set()
        waiting = list(self.made)
        while waiting:
            new = self.graph.dominance_frontier()[waiting.pop()] - frontier
            frontier |= new
            waiting += new
        return frontier

    def _reaching(self, place: int, k: int, loc: Any) -> Any:
        """What the statement reads that is number `k` of a block."""
        earlier = [target for at, target in self.made.get(place, ()) if at < k]
        return earlier[-1] if earlier else self._at_start(place, loc)

    def _at_start(self, place: int, loc: Any) -> Any:
        above = self.graph.immediate_dominators()
        passed, found = [], None
        while found is None:
            if place in self.joined and place not in self.at_start:
                self._join(place, loc)
            if place in self.at_start:
                found = self.at_start[place]
            else:
                passed.append(place)
                made = self.made.get(above[place]) if above[place] != place else [(0, ir.UNDEFINED)]
                found = made[-1][1] if made else None
                place = above[place]
        self.at_start |= dict.fromkeys(passed, found)
        return found

    def _join(self, place: int, loc: Any) -> None:
        """Make the phi with which the block begins."""
        target = self.scope.redefine(self.name, loc=loc)
        phi = ir.Expr.phi(loc=loc)
        self.phis.setdefault(place, []).append(ir.Assign(target=target, value=phi, loc=loc))
        self.at_start[place] = target
        for earlier, _ in self.graph.predecessors(place):
            made = self.made.get(earlier)
            phi.incoming_values.append(made[-1][1] if made else self._at_start(earlier, loc))
            phi.incoming_blocks.append(earlier)


def _replaced(s: Any, names: dict[str, Any]) -> Any:
    if not isinstance(s, ir.Assign):
        s = copy(s)
        ir_utils.replace_vars_stmt(s, names)
        return s
    if isinstance(s.value, ir.Var):
        return ir.Assign(target=s.target, value=names[s.value.name], loc=s.loc)
    value = copy(s.value)
    ir_utils.replace_vars_inner(value, names)
    return ir.Assign(target=s.target, value=value, loc=s.loc)
