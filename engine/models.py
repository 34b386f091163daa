"""The engine's tables: the journal, what it is folded into, and the configuration.

The journal's tables are plain (`journal`, `facts`, `snapshots`, `meta`), since the writer inserts
many rows at a time; the rest are mapped classes. Times are seconds since the epoch (UTC).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    attribute_keyed_dict,
    mapped_column,
    relationship,
)

from desk.models import NAMING

metadata = MetaData(naming_convention=NAMING)

#: The number of a row in the journal. SQLite keeps the rows by it, but only where it is INTEGER.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")

#: Each message that the machine took, in order, committed before its commands are executed.
journal = Table(
    "journal",
    metadata,
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("message", Text, nullable=False),
)

#: Facts of these kinds are looked for in all the years, others only in hours or days: every kind
#: more in this index is one more page to be written at nearly every commit. Written with OR: so
#: SQLite sees that the index is for a query that asks for one of them.
_RARE = text("kind = 'ConfigurationChanged' OR kind = 'RecordingStarted' OR kind = 'VoicemailLeft'")

#: What those messages led to. `seq` is the number that streams and pages know a fact by.
facts = Table(
    "facts",
    metadata,
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    Column("message", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("call", Text),
    Column("agent", Text),
    Column("queue", Text),
    Column("body", Text, nullable=False),
    Index("ix_facts_call", "call"),
    Index("ix_facts_rare_at", "kind", "at", sqlite_where=_RARE, postgresql_where=_RARE),
    Index("ix_facts_at", "at"),
    # What was an agent's state at some time: the last change before it.
    Index(
        "ix_facts_agent_state",
        "agent",
        "seq",
        sqlite_where=text("kind = 'AgentStateChanged'"),
        postgresql_where=text("kind = 'AgentStateChanged'"),
    ),
)

#: The whole state after the message `message_seq`; what follows it in the journal is replayed.
snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message_seq", BigInteger, nullable=False),
    Column("fact_seq", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("state", LargeBinary, nullable=False),
)

#: Single values: `configuration_version`, cursors of projections.
meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)


class Base(DeclarativeBase):
    metadata = metadata
    type_annotation_map = {float: Double(), str: Text()}


class User(Base):
    """A person who can log in. An agent's skills, queues and phone belong to their user."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(default="")
    #: ``agent``, ``supervisor`` or ``admin``.
    role: Mapped[str]
    #: werkzeug's ``scrypt:...``; never shown.
    password: Mapped[str]
    #: The password of the user's phones at the switch.
    sip_secret: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    rona_limit: Mapped[int] = mapped_column(default=1)
    #: The fields of `calls.config.Agent` that have no column, as JSON.
    rules: Mapped[str] = mapped_column(default="{}", server_default="{}")
    created: Mapped[float]

    skill_rows: Mapped[dict[str, "AgentSkill"]] = relationship(
        collection_class=attribute_keyed_dict("skill"),
        cascade="all, delete-orphan",
        lazy="selectin",
    )
    queue_rows: Mapped[dict[str, "QueueMember"]] = relationship(
        collection_class=attribute_keyed_dict("queue"),
        cascade="all, delete-orphan",
        lazy="selectin",
    )
    #: Proficiency 1-10 by skill.
    skills: AssociationProxy[dict[str, int]] = association_proxy(
        "skill_rows", "level", creator=lambda skill, level: AgentSkill(skill=skill, level=level)
    )
    #: Preference by queue: 1 before 2.
    queues: AssociationProxy[dict[str, int]] = association_proxy(
        "queue_rows",
        "preference",
        creator=lambda queue, preference: QueueMember(queue=queue, preference=preference),
    )


class AgentSkill(Base):
    __tablename__ = "agent_skills"

    user: Mapped[str] = mapped_column(
        ForeignKey("users.name", ondelete="CASCADE"), primary_key=True
    )
    skill: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int]


class QueueMember(Base):
    __tablename__ = "queue_members"

    user: Mapped[str] = mapped_column(
        ForeignKey("users.name", ondelete="CASCADE"), primary_key=True
    )
    queue: Mapped[str] = mapped_column(
        ForeignKey("queues.name", ondelete="CASCADE"), primary_key=True, index=True
    )
    preference: Mapped[int]


class Token(Base):
    """A key to the API. The secret itself is shown once and never kept."""

    __tablename__ = "tokens"
    __table_args__ = (UniqueConstraint("hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    #: SHA-256 of the secret, hexadecimal.
    hash: Mapped[str]
    created: Mapped[float]
    last_used: Mapped[float | None]


class Queue(Base):
    """The fields are those of `calls.config.Queue`."""

    __tablename__ = "queues"

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    strategy: Mapped[str]
    offer_timeout: Mapped[float]
    wrap_up: Mapped[float]
    slope: Mapped[float]
    priority: Mapped[float]
    service_level: Mapped[float]
    music: Mapped[str]
    announce_every: Mapped[float]
    #: The fields that have no column here, as JSON.
    rules: Mapped[str] = mapped_column(default="{}", server_default="{}")

    skill_rows: Mapped[dict[str, "QueueSkill"]] = relationship(
        collection_class=attribute_keyed_dict("skill"),
        cascade="all, delete-orphan",
        lazy="selectin",
    )
    #: The least proficiency by skill that every call of this queue needs.
    skills: AssociationProxy[dict[str, int]] = association_proxy(
        "skill_rows", "level", creator=lambda skill, level: QueueSkill(skill=skill, level=level)
    )


class QueueSkill(Base):
    __tablename__ = "queue_skills"

    queue: Mapped[str] = mapped_column(
        ForeignKey("queues.name", ondelete="CASCADE"), primary_key=True
    )
    skill: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int]


class Number(Base):
    """The fields are those of `calls.config.Number`."""

    __tablename__ = "numbers"

    number: Mapped[str] = mapped_column(primary_key=True)
    flow: Mapped[str]
    language: Mapped[str]
    entry: Mapped[str]


class FlowVersion(Base):
    """Each version of a flow that was ever published; the highest is in use."""

    __tablename__ = "flow_versions"

    flow: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str]
    published_at: Mapped[float]
    published_by: Mapped[str]
    #: Why, in the words of who published it.
    comment: Mapped[str] = mapped_column(default="", server_default="")
    #: The scenarios (YAML) that belong to this source; empty for none.
    scenarios: Mapped[str] = mapped_column(default="", server_default="")


class FlowDraft(Base):
    """What is being written on a flow and not published yet. One for all administrators."""

    __tablename__ = "flow_drafts"

    flow: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    scenarios: Mapped[str]
    #: The version that it was begun from; 0: from none.
    base: Mapped[int]
    saved_at: Mapped[float]
    saved_by: Mapped[str]


class CallRecord(Base):
    """One call, folded from its facts; its row appears with its arrival and grows."""

    __tablename__ = "call_records"
    __table_args__ = (
        Index("ix_call_records_number_arrived", "number", "arrived"),
        Index("ix_call_records_arrived", "arrived"),
        Index("ix_call_records_agent_arrived", "agent", "arrived"),
        Index("ix_call_records_ticket", "ticket"),
    )

    call: Mapped[str] = mapped_column(primary_key=True)
    arrived: Mapped[float]
    #: As the switch told it, and as `cti.numbers` writes it (E.164); empty when withheld.
    caller: Mapped[str]
    number: Mapped[str]
    called: Mapped[str]
    contact: Mapped[int | None]
    name: Mapped[str]
    organisation: Mapped[str]
    language: Mapped[str]
    flow: Mapped[str]
    #: The menu nodes walked through, for people: ``Main menu > Support``.
    path: Mapped[str]
    #: The last queue, and the last agent who talked.
    queue: Mapped[str]
    agent: Mapped[str]
    #: Empty while the call is up.
    outcome: Mapped[str]
    cause: Mapped[str]
    waited: Mapped[float]
    talked: Mapped[float]
    wrapped: Mapped[float]
    offers: Mapped[int]
    #: The caller kept the place without the line and was called back.
    virtual: Mapped[bool] = mapped_column(server_default=false())
    ticket: Mapped[int | None]
    code: Mapped[str]
    note: Mapped[str]
    ended: Mapped[float | None]
    lasted: Mapped[float | None]
