"""Which programs can be fetched, and from which Debian packages."""

import msgspec


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How to have one program.

    `packages` come with all they depend on. In `environment` and `libraries` the words ``{root}``
    and ``{triplet}`` stand for the folder it is unpacked to and for the architecture in paths.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    #: The program inside the unpacked folder.
    program: str
    #: The command on PATH that is as good.
    command: str
    #: The Debian release it comes from; empty for the host's own. A foreign release is run by
    #: its own loader and C library.
    suite: str = ""
    #: The parts of that release's archive that its packages are in.
    components: tuple[str, ...] = ("main",)
    environment: dict[str, str] = {}
    #: Folders of private libraries beside the usual one.
    libraries: tuple[str, ...] = ()
    remedy: str


#: The fonts that an unpacked program sees beside the host's.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">../usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""

_RECIPES = (
    Recipe(
        name="asterisk",
        title="Asterisk",
        packages=("asterisk",),
        program="usr/sbin/asterisk",
        command="asterisk",
        suite="forky",
        remedy="install Asterisk 20 or newer so that 'asterisk' is on PATH, or let the setting "
        "asterisk_url (RINGDESK_ASTERISK_URL) name a running one",
    ),
    Recipe(
        name="chromium",
        title="Chromium",
        packages=("chromium", "fonts-dejavu-core"),
        program="usr/lib/chromium/chromium",
        command="chromium",
        environment={
            "FONTCONFIG_FILE": "{root}/etc/ringdesk-fonts.conf",
            "FONTCONFIG_PATH": "{root}/etc/fonts",
        },
        libraries=("{root}/usr/lib/chromium", "{root}/usr/lib/{triplet}/pulseaudio"),
        remedy="install Chromium so that 'chromium' is on PATH",
    ),
    Recipe(
        name="sipp",
        title="SIPp",
        packages=("sip-tester",),
        program="usr/bin/sipp",
        command="sipp",
        remedy="install SIPp (Debian's package sip-tester) so that 'sipp' is on PATH",
    ),
    Recipe(
        name="espeak-ng",
        title="espeak-ng",
        packages=("espeak-ng",),
        program="usr/bin/espeak-ng",
        command="espeak-ng",
        environment={"ESPEAK_DATA_PATH": "{root}/usr/lib/{triplet}/espeak-ng-data"},
        libraries=("{root}/usr/lib/{triplet}/pulseaudio",),
        remedy="install espeak-ng so that 'espeak-ng' is on PATH",
    ),
    Recipe(
        name="rhvoice",
        title="RHVoice",
        packages=("rhvoice", "rhvoice-polish", "rhvoice-ukrainian"),
        program="usr/bin/RHVoice-test",
        command="RHVoice-test",
        suite="forky",
        components=("main", "non-free"),
        environment={
            "RHVOICE_DATA_PATH": "{root}/usr/share/RHVoice",
            "RHVOICE_CONFIG_PATH": "{root}/etc/RHVoice",
        },
        libraries=("{root}/usr/lib/{triplet}/pulseaudio",),
        remedy="install RHVoice with its Polish and Ukrainian voices so that 'RHVoice-test' is "
        "on PATH; without it they are spoken by espeak-ng",
    ),
)

RECIPES = {recipe.name: recipe for recipe in _RECIPES}
