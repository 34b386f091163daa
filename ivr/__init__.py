"""Phone menus as flows: one caller walks through one flow until a queue takes over.

Pure: no socket, no clock, no file; a flow's text comes in as a string, the time with each event.

- `flow`: the flow model; `nodes/`: one file per node kind; `node`: what every kind is made of;
  `visit`: what a node sees of the call; `choosing`: what questions have in common
- `session`: one caller's walk, from one wait to the next; `state`: all that it knows; `waits`,
  `values`, `surroundings`: what it waits for, what names stand for, what is around it
- `expressions`: conditions and values (CEL); `templates`: texts with values; `speaking`: values
  as they are said; `numerals`: numbers in the gender and case that a sentence needs
- `loading`: YAML to a checked flow; `reading` finds what is malformed, `inspection` what is wrong
  with a node, `checking` what cannot work in the whole; `problems`: how that is said
- `waiting`: what a caller hears in a queue; `phrases`: its texts
- `prompts`: everything that a flow or a wait may say, to render it in advance
- `scenario`, `trial`, `caller`, `coverage`: flows tested in jump time; `recorded`: a scenario from
  a real call; `drawing`: a flow as a picture

To add a node kind: one file in `nodes/` and its line in `nodes/__init__.py`; then
``ringdesk flow schema > dialplans/flow.schema.json``.
"""
