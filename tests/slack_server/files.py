"""Files: an address to upload to, the upload itself, and the sharing that makes it a message."""

import secrets
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.slack_server import rules
from tests.slack_server.refusals import Refused
from tests.slack_server.world import BOT_USER, Channel, World

Answer = dict[str, Any]


@dataclass
class Upload:
    name: str
    length: int
    file_id: str
    content: bytes | None = None
    shared: bool = False


class Files:
    def __init__(self, world: World) -> None:
        self.world = world
        self.address = ""
        """Where files are uploaded to, without the name of the upload."""
        self.broken = False
        """Whether uploads fail, as they do while files.slack.com is away."""
        self._uploads: dict[str, Upload] = {}

    def upload_url(self, arguments: Answer) -> Answer:
        """files.getUploadURLExternal."""
        name, length = arguments.get("filename", ""), int(arguments.get("length") or 0)
        if not name or not length:
            raise Refused("missing_argument")
        ticket = secrets.token_hex(8)
        upload = Upload(name, length, self.world.new_id("F"))
        self._uploads[ticket] = upload
        return {"upload_url": f"{self.address}{ticket}", "file_id": upload.file_id}

    async def take(self, request: web.Request) -> web.Response:
        """Take the bytes of a file, raw or as the part of a form; what it weighs was announced."""
        upload = self._uploads.get(request.match_info["ticket"])
        if request.content_type.startswith("multipart/"):
            (part,) = (await request.post()).values()
            content = part.file.read() if isinstance(part, web.FileField) else b""
        else:
            content = await request.read()
        if (
            self.broken
            or upload is None
            or upload.content is not None
            or len(content) != upload.length
        ):
            return web.Response(status=400)
        upload.content = content
        return web.Response(text=f"OK - {len(content)}")

    def share(self, arguments: Answer, channel: Channel) -> Answer:
        """files.completeUploadExternal."""
        by_id = {upload.file_id: upload for upload in self._uploads.values()}
        found = [by_id.get(one.get("id", "")) for one in arguments.get("files", [])]
        if not found or any(one is None or one.content is None or one.shared for one in found):
            raise Refused("file_not_found")
        content = {"text": arguments.get("initial_comment") or ""}
        message = self.world.post(
            channel.id, BOT_USER, content, thread=arguments.get("thread_ts") or ""
        )
        for upload in found:
            upload.shared = True
            message.files[upload.name] = upload.content
        return {"files": [{"id": upload.file_id, "title": upload.name} for upload in found]}


def shareable(channel: str) -> str:
    """Return the id as one that files can be shared to; raise what Slack says of another."""
    if not rules.FILE_CHANNEL.match(channel):
        raise Refused("invalid_arguments")
    return channel
