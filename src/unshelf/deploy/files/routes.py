"""Files of versions over HTTP: as attachments of plain bytes, so that no browser shows what somebody put into one as a page of ours."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from fastapi.responses import StreamingResponse

from unshelf.contracts.permissions import Permission
from unshelf.deploy.files.service import VersionFileService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers, stream_answer
from unshelf.foundation.web.routers import ApiRouter

_BYTES = "application/octet-stream"
_MOST_CHARACTERS = 1024
Path = Annotated[
    str, Query(min_length=1, max_length=_MOST_CHARACTERS, description="The path of the file in the version.")
]


def router(files: VersionFileService) -> ApiRouter:
    """`/models/{ref}/file`."""
    routes = ApiRouter(tags=["models"])

    @routes.get(
        "/models/{ref}/file",
        responses=stream_answer(_BYTES, "The file's bytes.") | problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_INSPECT, "ref")],
        response_class=StreamingResponse,
    )
    def read_version_file(ref: str, path: Path, actor: CurrentActor) -> StreamingResponse:
        """Read a file of the version that the reference names, as it was deployed. Its example takes `data.read`, too."""
        file, chunks = files.file(actor, ref, path)
        headers = {
            "Content-Length": str(file.size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(path.rpartition('/')[2], safe='')}",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(chunks, media_type=_BYTES, headers=headers)

    return routes
