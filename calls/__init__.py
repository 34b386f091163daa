"""The shared words of Ringdesk: what switches tell us, what we tell them, what has happened.

Everything here is a plain value. This room opens no socket, reads no clock and rolls no dice;
every other room may import it, and it imports none of them.

- `events`: a switch (or a store) reports something
- `actions`: a person or the configuration asks for something
- `commands`: we tell a switch what to do
- `requests`: we ask a store something; it answers by an event
- `facts`: something has happened; facts are journalled and are what reports are made of
- `config`: queues, agents and numbers as the machines see them
- `port`: the protocol that every switch driver implements
- `codec`: all of these to JSON and back
"""
