"""What somebody must look at before a cycle is settled: docs/clearing.md, "Warnings"."""

from fractions import Fraction

from coalition.simulation.model.cycles import Cycles

COMPARED, BEYOND_CAP_MAX = 3, 80


def warnings_of(cycles: Cycles, cycle: int, swing_basis_points: int, caps: dict[str, int]) -> list[str]:
    """The warnings of a cycle that every shard has cut; none for another. `caps`: the most that each is to pay."""
    figures = cycles.figures(cycle)
    if figures is None:
        return []
    before = [cycles.figures(number) for number in range(cycle - COMPARED, cycle)]
    nets = [each.nets for each in before if each is not None]
    names = {name for each in [figures.nets, *nets] for name in each}
    found = []
    for name in names if swing_basis_points and nets else ():
        mean = Fraction(sum(each.get(name, 0) for each in nets), len(nets))
        swing = abs(figures.nets.get(name, 0) - mean)
        if swing > abs(mean) * Fraction(swing_basis_points, 10_000):
            found.append(f"unusual-swing:{name}")
    excess = {name: figures.nets.get(name, 0) - most for name, most in caps.items()}
    beyond = sorted((-cents, name) for name, cents in excess.items() if cents > 0 and name in figures.nets)
    found += [f"cap-exceeded:{name}" for _, name in beyond[:BEYOND_CAP_MAX]]
    return sorted(found + (["zero-cycle"] if not figures.gross else []))
