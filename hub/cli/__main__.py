"""`python -m hub.cli` is `lianqin`."""

from hub.cli.app import main

main()
