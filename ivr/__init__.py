"""Phone menus as flows: one caller walks through one flow until a queue takes over.

Pure: no socket, no clock, no file; a flow's text comes in as a string, the time with each event.

- `flow`: the flow model; `nodes/`: one file per node kind; `node`: what every kind is made of
- `loading`: YAML to a checked flow; `reading` finds what is malformed, `checking` what cannot work
- `session`: one caller's walk, from one wait to the next
- `waiting`: what a caller hears in a queue; `phrases`: its texts
- `prompts`: everything that a flow or a wait may say, to render it in advance

To add a node kind: one file in `nodes/` and its line in `nodes/__init__.py`.
"""
