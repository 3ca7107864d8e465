"""Settings that are lists, each entry of which is checked."""

import ipaddress
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator
from pydantic_settings import NoDecode

from unshelf.contracts.references import is_name
from unshelf.develop.connections.allowed_hosts import check_entry
from unshelf.manage.secrets.sources import parse_source


def _check_hosts(hosts: list[str]) -> list[str]:
    for host in hosts:
        check_entry(host)
    return hosts


def _check_folders(folders: list[str]) -> list[str]:
    for folder in folders:
        name, _, path = folder.partition("=")
        if not is_name(name) or not Path(path).is_absolute():
            raise ValueError(f"{folder!r} is no folder: write NAME=/ABSOLUTE/PATH")
    return folders


def _check_sources(sources: list[str]) -> list[str]:
    for source in sources:
        parse_source(source)
    return sources


def _check_networks(networks: list[str]) -> list[str]:
    for network in networks:
        ipaddress.ip_network(network)
    return networks


DataHosts = Annotated[list[str], NoDecode, AfterValidator(_check_hosts)]
DataFolders = Annotated[list[str], NoDecode, AfterValidator(_check_folders)]
Proxies = Annotated[list[str], NoDecode, AfterValidator(_check_networks)]
SecretSources = Annotated[list[str], NoDecode, AfterValidator(_check_sources)]
