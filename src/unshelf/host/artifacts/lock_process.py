"""The process that reads one lock: a question as JSON on standard input, the answer as JSON on standard output.

What a deployer or an index has written is parsed here, where it can take no time and no memory of the host's."""

import json
import resource
import sys

from unshelf.host.artifacts.pylock import LockRefused, environment_hash, naming_index, read_lock, without_index
from unshelf.host.artifacts.required_hashes import keep_hashed_files
from unshelf.host.packages.credentials import without_credentials

_SECONDS = 10
_MOST_MEMORY = 2 << 30


def main() -> None:
    """Answer `{"packages", "name", "text", "to_install"}`, or `{"refused", "hint"}`."""
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
    question = json.load(sys.stdin)
    text, index = question["text"], question["index"]
    try:
        content = read_lock(text, trusted=question["trusted"])
        if question["hashes"]:
            text = keep_hashed_files(text, {name: set(hashes) for name, hashes in question["hashes"].items()})
            content = read_lock(text)
        if question["trusted"] is None and not question["stored"]:
            to_install = naming_index(text, content, index)
        else:
            to_install = without_index(without_credentials(text), content)
    except LockRefused as refused:
        json.dump({"refused": str(refused)[:500], "hint": refused.hint}, sys.stdout)
        return
    answer = {
        "packages": [f"{package['name']}=={package.get('version', '')}" for package in content["packages"]],
        "name": environment_hash(content, question["python"]),
        "text": without_credentials(text),
        "to_install": to_install,
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
