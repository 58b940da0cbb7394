"""The command line: `lianqin COMMAND`, every role and every task of an operator of the hub."""

from hub.cli.app import main

__all__ = ["main"]
