"""Our webhooks without the panel: what `web.twilio` does, on the loop itself."""

import wave
from pathlib import Path

from aiohttp import web
from twilio.request_validator import RequestValidator

from calls.errors import MediaMissing
from calls.media import Media, Tone
from cti.numbers import normalise
from switch.twilio.driver import TwilioSwitch
from switch.twilio.media import MediaShelf
from switch.twilio.rest import Rest
from switch.twilio.sounds import Sounds
from tests.switch_twilio.cloud import ACCOUNT, NUMBER, TOKEN, Cloud

SECONDS_OF_SPEECH = 0.3


class FakeVoice:
    """Silence of the right length. Texts with "unspeakable" cannot be said."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def sound(self, media: Media) -> str:
        if isinstance(media, Tone):
            name, seconds = f"tone-{media.milliseconds}", media.milliseconds / 1000
        else:
            if "unspeakable" in media.text:
                raise MediaMissing("nobody can say that")
            name, seconds = f"speech-{abs(hash(media.text))}", SECONDS_OF_SPEECH
        path = self._folder / name
        if not path.with_suffix(".wav").exists():
            write_silence(path.with_suffix(".wav"), seconds)
        return str(path)


def write_silence(path: Path, seconds: float) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * int(8000 * seconds)))


class Front:
    """A driver with its webhooks at `url`, for one stand-in of Twilio."""

    def __init__(self, cloud: Cloud, folder: Path, *, calls_per_second: float = 1000.0) -> None:
        self.cloud = cloud
        self.folder = folder
        self.url = ""
        self.numbers = [NUMBER]
        self.switch: TwilioSwitch
        self._rate = calls_per_second
        self._runner: web.AppRunner | None = None
        self._shelf: MediaShelf

    async def __aenter__(self) -> "Front":
        app = web.Application()
        app.router.add_post("/twilio/{what}", self._webhook)
        app.router.add_get("/twilio/media/{signature}/{name:.*}", self._media)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        write_silence(self.folder / "default.wav", 2.0)
        self.restart()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self.cloud.vanish()
        await self._runner.cleanup()

    def restart(self) -> TwilioSwitch:
        """A driver that knows nothing, as after a crash."""
        self._shelf = MediaShelf(self.url, b"secret", [self.folder])
        self.switch = TwilioSwitch(
            "twilio",
            Rest(self.cloud.url, ACCOUNT, TOKEN, calls_per_second=self._rate),
            self.url,
            sounds=Sounds(FakeVoice(self.folder), self.folder, self._shelf.url),
            numbers=self.numbers,
            public=lambda number: normalise(number, "PL"),
            recordings=self.folder / "recordings",
        )
        return self.switch

    async def _webhook(self, request: web.Request) -> web.Response:
        sent = await request.post()
        signature = request.headers.get("X-Twilio-Signature", "")
        if not RequestValidator(TOKEN).validate(f"{self.url}{request.path_qs}", sent, signature):
            return web.Response(status=403)
        plain = {name: str(value) for name, value in sent.items()}
        what = request.match_info["what"]
        text = await self.switch.webhook(what, dict(request.query), plain)  # type: ignore[arg-type]
        return (
            web.Response(status=204)
            if text is None
            else web.Response(text=text, content_type="text/xml")
        )

    async def _media(self, request: web.Request) -> web.StreamResponse:
        file = self._shelf.file(request.match_info["signature"], request.match_info["name"])
        if file is None:
            return web.Response(status=404)
        return web.FileResponse(file, headers={"Content-Type": "audio/wav"})
