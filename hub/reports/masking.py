"""What a reporter wrote in, the same without numbers and addresses of people out: for wherever many can read it; pure.

People write their telephone number into the description. The crew that goes there reads the description, and so does
everything that follows the feed; whoever has to call back asks for the contact, and that is recorded.
"""

from __future__ import annotations

import re

HIDDEN = "***"
# The order matters: the longer numbers first, so that no part of one is taken for a shorter.
_PERSONAL = (
    re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.ASCII),
    re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])", re.ASCII),  # identity card
    re.compile(r"(?<!\d)\d{16,19}(?!\d)", re.ASCII),  # bank card
    re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)", re.ASCII),  # mobile
    re.compile(r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)", re.ASCII),  # with the city's code
)


def masked(text: str) -> str:
    """Return `text` with what looks like a person's number or mail address hidden."""
    for pattern in _PERSONAL:
        text = pattern.sub(HIDDEN, text)
    return text
