"""A bundle whose version runs in an environment of the server, as it is."""

from dataclasses import replace
from urllib.parse import quote

import msgspec

from unshelf.client.bundling.bundle import OWN_FOLDER, Bundle
from unshelf.client.bundling.files import content_of_bytes
from unshelf.client.errors import InvalidModel, NotFound
from unshelf.client.http import Http

_LOCK = f"{OWN_FOLDER}/pylock.toml"
_API = "/api/v1/environments"


def with_environment(http: Http, bundle: Bundle, reference: str) -> Bundle:
    """Return the bundle with the lock and the Python of an environment, by a name, a hash or a version of a model, in place of
    requirements. Raises InvalidModel for one that is not there."""
    path = f"{_API}/{quote(reference, safe='')}"
    try:
        found = http.get(path)
    except NotFound as error:
        raise InvalidModel(str(error), hint="`unshelf environments list` shows those that you may use.") from error
    content = content_of_bytes(_LOCK, http.respond("GET", f"{path}/lock").text.encode())
    notes = [f"The version runs in the environment {found['reference']} ({found['hash'][:12]}), as it is."]
    if found["warning"]:
        notes.append(found["warning"])
    kept = [each for each in bundle.manifest.files if each.path != _LOCK]
    manifest = msgspec.structs.replace(
        bundle.manifest, files=[*kept, content.entry], lock=_LOCK, requirements=[], constraints=[],
        python=found["python"], notes=[*bundle.manifest.notes, *notes],
    )  # fmt: skip
    contents = [*(each for each in bundle.contents if each.path != _LOCK), content]
    return replace(bundle, manifest=manifest, contents=contents, notes=[*bundle.notes, *notes])
