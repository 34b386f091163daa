"""A center in jump time: the real machine and real flows, simulated callers, agents and phones.

- `loading` reads a scenario file, by `reading` (YAML with line numbers), into `scenario`
- `distributions`: how long people talk, wait and write; `arrivals`: when callers come;
  `recorded`: callers of the past, out of a journal
- `run`: one run of a scenario, from one deadline to the next; `tally`: what it counts
- `many`: runs side by side; `estimates`: figures of many runs, with confidence intervals;
  `results`: what came of them all, and two scenarios compared
- `report`: the same for people, as a page; `charts`: its pictures

No clock is read: the same scenario and seed give the same figures.
"""
