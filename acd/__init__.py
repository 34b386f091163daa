"""The automatic call distributor: who waits in which queue, and which agent takes whom.

- `acd`: the machine, `Acd`: messages in, facts out
- `messages`: the words that only the Acd takes, from the call center around it
- `agents`: an agent's states, as a table
- `offers`: how offers end, and what each end means for the agent, as a table
- `contacts`: calls come, talk and go; `kept`: without the line; `parallel`: beside others
- `asked`, `configured`: what agents and administrators ask for
- `floor`: the moves that all this is made of; `timers`: what is due when
- `relaxation`, `overflow`: what becomes of a call that waits
- `index`: which agent fits which caller, cheaply; `signatures`, `rows`, `live`: what it is made of
- `strategies`: how one of several idle agents is chosen, as a table
- `checks`: is a queue or an agent configured sensibly?
- `state`: all that an Acd knows, as plain values; `restoring`: brought to life again
- `views`: the same for people
- `estimates`: how long a caller will wait, and how often that was right
- `statistics`: figures, folded from the facts; `sums`: what is counted, and the formulas
- `why`: why a caller waited and why that agent, told from the facts
- `erlang`: what the theory of queues says
"""
