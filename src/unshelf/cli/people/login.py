"""`unshelf login`, `whoami`, `contexts`, `open`: who you are, and where."""

import os
import sys
import webbrowser
from typing import Annotated

import typer

from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, show_facts, table
from unshelf.client.client import Client
from unshelf.client.login import contexts as kept
from unshelf.client.login.address import running_url
from unshelf.client.login.login import login as log_in
from unshelf.client.login.login import set_password
from unshelf.contracts.home import Home, home_folder


def login(
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="The server's address. Unless given: as usual.")
    ] = None,
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The login name. Unless given: asked for.")] = None,
    context: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to call it. Unless given: the server's host.")
    ] = None,
    device: Annotated[
        bool, typer.Option("--device", help="Without a password: show a code to type where you are logged in.")
    ] = False,
    link: Annotated[
        str | None, typer.Option(metavar="LINK", help="Of an invitation or a reset: set a password by it, and log in.")
    ] = None,
    json: Json = False,
) -> None:
    """Log in, and keep a token for this server: in the system's keyring, else in a file for you alone.

    The password is asked for at a terminal, else it is the first line of standard input."""
    address = url or (link.partition("#")[0].rpartition("/")[0] if link and "#" in link else None)
    if device:
        done = log_in(address, context=context, show_code=_show_code)
    else:
        chosen = name or _asked("Login name", hidden=False)
        password = _asked("Password", hidden=True)
        if link:
            set_password(link, password)
        done = log_in(address, name=chosen, password=password, context=context)
    if json:
        print_json({"url": done.url, "user": done.user, "context": done.context, "kept_in": done.kept_in})
        return
    console().print(f"You are {done.user} at {done.url}. The token is kept in {done.kept_in}.", markup=False)


def whoami(json: Json = False) -> None:
    """Show who you are at the server, your groups and roles."""
    with Client() as client:
        who, url = client.whoami(), client.url
    if json:
        print_json({**who, "url": url})
        return
    roles = [
        f"{role['role']} on {role['scope'] or 'the installation'}" + (f" (by {role['group']})" if role["group"] else "")
        for role in who["roles"]
    ]
    facts = [
        ("name", who["name"]), ("full name", who["full_name"]), ("kind", who["kind"].replace("_", " ")), ("server", url),
        ("groups", who["groups"] or ""), ("roles", roles or who["role"]),
    ]  # fmt: skip
    show_facts(console(), facts)


contexts = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Servers that you have logged in to: list, use, remove them.",
)
Context = Annotated[str, typer.Argument(metavar="NAME", help="As in `unshelf contexts`.")]


@contexts.callback()
def list_contexts(context: typer.Context, json: Json = False) -> None:
    """List the servers that you have logged in to; commands use the current one."""
    if context.invoked_subcommand is None:
        _show_contexts(json=json)


@contexts.command("list")
def list_them(json: Json = False) -> None:
    """List the servers that you have logged in to, as `unshelf contexts` does."""
    _show_contexts(json=json)


def _show_contexts(*, json: bool) -> None:
    found = kept.read_contexts()
    facts = [
        {"name": name, "url": each.url, "user": each.user, "current": name == found.current}
        for name, each in found.contexts.items()
    ]
    if json:
        print_json({"contexts": facts})
        return
    if not facts:
        console().print("None yet. Log in: unshelf login URL", markup=False)
        return
    rows = [("*" if each["current"] else "", each["name"], each["url"], each["user"]) for each in facts]
    console().print(table("", ("", "name", "server", "user"), rows))


@contexts.command("use")
def use_context(name: Context, json: Json = False) -> None:
    """Have commands go to this server."""
    found = kept.use_context(name)
    print_json({"name": name, "url": found.url}) if json else console().print(f"{name}: {found.url}", markup=False)


@contexts.command("remove")
def remove_context(name: Context, json: Json = False) -> None:
    """Forget a server, and the token that was kept for it; `unshelf tokens revoke` ends the token."""
    kept.remove_context(name)
    print_json({"name": name, "removed": True}) if json else console().print(f"{name} is forgotten.", markup=False)


def open_browser(
    show: Annotated[bool, typer.Option("--show", help="Print the link, and open nothing.")] = False, json: Json = False
) -> None:
    """Open the web application as the embedded administrator, by a link that is good once, on the server's machine."""
    with _administrator() as client:
        link = client.login_link()
    if json:
        print_json(link)
        return
    opened = not show and _has_display() and webbrowser.open(link["url"])
    if not opened:
        console().print(f"Open on this machine within ten minutes, once: {link['url']}", markup=False, soft_wrap=True)


def _administrator() -> Client:
    """The embedded administrator of the server that runs on the home folder, even where somebody has logged in to it; else as usual."""
    home = Home(home_folder())
    url = None if os.environ.get("UNSHELF_TOKEN") else running_url(home)
    try:
        return Client(url, home.admin_token.read_text(encoding="ascii").strip()) if url else Client()
    except OSError:  # another user's server
        return Client()


def _has_display() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _show_code(url: str, code: str) -> None:
    console(stderr=True).print(f"Open {url} where you are logged in, and type the code {code}.", markup=False)
    console(stderr=True).print(f"Or run there: unshelf tokens approve {code}", markup=False)


def _asked(what: str, *, hidden: bool) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=hidden, err=True))
    return sys.stdin.readline().rstrip("\n")
