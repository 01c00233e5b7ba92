"""Finds e-mail addresses and telephone numbers. Handles such as @name@host are neither.

A telephone number is one that is dialled from abroad, one that is written as its country writes it, or any number of
seven digits and more beside a word such as "phone". Where there is no word, phonenumbers judges it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import phonenumbers

REGIONS = ("FR", "GB", "DE", "BE", "CH", "AT", "NL", "IT", "IE", "SE", "FI", "AU")
"""Where national numbers begin with a nought. Elsewhere the way of writing and a word have to tell."""
GROUPED_REGIONS = ("ES", "PT", "US")
"""Whose groups of digits are their own."""

_AT = re.compile(
    r"(?<=[^ @])(?:@[ ]?|[ ]?[\[({<][ ]?(?:@|at|arobase|arroba|chiocciola)[ ]?[\])}>][ ]?)", re.IGNORECASE
)
_LOCAL = re.compile(
    r"(?:[\w.+%'=~-]|(?:[ ]?[\[({][ ]?(?:dot|\.|point|punkt|punto)[ ]?[\])}][ ]?))*$", re.IGNORECASE
)
_HOST = re.compile(
    r"(?:[\w-]{1,63}(?:[ ]?[\[({][ ]?(?:dot|\.|point|punkt|punto)[ ]?[\])}][ ]?|\.)){1,6}[^\W\d_]{2,24}(?![\w@-])",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"(?<![\w.])[\w+-]{1,40}(?: (?:dot|point|punkt|punto) [\w+-]{1,40}){0,4} (?:at|arobase|arroba|chiocciola)"
    r" [\w-]{1,63}(?: (?:dot|point|punkt|punto) [\w-]{1,63}){0,4} (?:dot|point|punkt|punto)"
    r" (?:com|org|net|edu|gov|info|health|eu|fr|de|uk|be|ch|at|nl|it|es|pt|ie|ca|us|au)(?!\w)",
    re.IGNORECASE,
)
_LONGEST_LOCAL = 64

_URL = re.compile(r"https?://[^\s<>\"]{1,2000}|(?<![\w.])10\.\d{4,9}/\S{1,200}", re.IGNORECASE)
_RUN = re.compile(r"(?<![\w.,/@#])[+(]{0,2}\d(?:[ ./()-]{0,3}\d){6,24}(?!\w)", re.ASCII)
_WORD = re.compile(
    r"(?<![a-z])(?:tel|tels|tfno|telf|telefon[a-z]{0,6}|telephon[a-z]{0,5}|phones?|phone number|mobile?|mobiele?|cell|cellphone|"
    r"fax[a-z]{0,2}|portable|handy|gsm|movil|cellulare|telemovel|telefoon[a-z]{0,6}|whatsapp|sms|hotline|pager|dect|"
    r"ruckruf|rufnummer|durchwahl|contact|desk)(?![a-z])[^0-9\n]{0,14}$"
)
_WORD_AFTER = re.compile(r"[ ,(-]{0,2}(?:office|fax|cell|mobile|phone)(?![a-z])")
_OTHER = re.compile(
    r"(?<![a-z])(?:nass|nss|nhc|n.{0,2}col|cipa|episodio|rpps|adeli|finess|siret|siren|ipp|nda|mrn|dossier|fall|"
    r"fallnummer|piz|card|card number|snomed|sctid|isbn|pmid|loinc|lot|ref)[ .:#n°o-]{0,5}(?:nhc[ -/])?$"
)
_YEARS = re.compile(r"(?<!\d)\d{1,2}[./-](?:19|20)\d\d(?!\d)", re.ASCII)
_NUMBER_OF = re.compile(
    r"(?<![a-z])(?:call|called|ring|reach|appeler|appelez|joindre|anrufen|llamar|chiamare|bellen)(?![a-z])[^0-9\n.]{0,14}$"
)
_NATIONAL = re.compile(r"(?:\d{1,4} )?(?P<number>(?:\(0\d{0,4}\)|0\d{1,4})[ ./()-]{0,3}\d)", re.ASCII)
_NOT_GROUPED_SO = re.compile(r"0\d(?: \d){2}|0\d \d\d \d{5}", re.ASCII)
_AMERICAN = re.compile(
    r"(?<!\d)(?:\(\d{3}\)[ .-]{0,2}\d{3}[ .-]\d{4}|\d{3}([.-])\d{3}\1\d{4})(?!\d)", re.ASCII
)
_GROUPED = re.compile(
    r"(?<!\d)(?:[2-9]\d\d \d{3} \d{4}|[679]\d\d(?:([ .])\d{3}\1\d{3}|(?:[ .]\d\d){3}))(?!\d)", re.ASCII
)
_MOST_ENDS = 4
_MOST_DIGITS = 15
_BEFORE = 30


def find_emails(text: str) -> Iterator[tuple[int, int]]:
    for at in _AT.finditer(text):
        begin = max(0, at.start() - _LONGEST_LOCAL)
        local = _LOCAL.search(text, begin, at.start())
        host = _HOST.match(text, at.end())
        if local is None or host is None or not any(sign.isalnum() for sign in local[0]):
            continue
        if _is_handle(text, local.start()):
            continue
        yield local.start(), host.end()
    for spoken in _SPOKEN.finditer(text):
        yield spoken.span()


def _is_handle(text: str, start: int) -> bool:
    before = text[max(0, start - 6) : start]
    return before.endswith(("@", "!")) or before.lower().endswith(("acct:", "/@"))


def find_phones(text: str, dates: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """dates: stretches that are dates, where no number is looked for."""
    signs = list(text)
    elsewhere = (match.span() for pattern in (_URL, _YEARS) for match in pattern.finditer(text))
    for start, end in (*dates, *elsewhere):
        signs[start:end] = "\0" * (end - start)
    masked = "".join(signs)
    lower = masked.lower()
    for match in _RUN.finditer(masked):
        before = lower[max(0, match.start() - _BEFORE) : match.start()]
        after = _WORD_AFTER.match(lower, match.end())
        if after is not None or _is_phone(match[0], before):
            yield match.span()


def _is_phone(run: str, before: str) -> bool:
    if _WORD.search(before) is not None or _NUMBER_OF.search(before) is not None:
        return True
    if _OTHER.search(before) is not None:
        return False
    if run.lstrip("(").startswith(("+", "00")):
        abroad = "+" + run.lstrip("(").removeprefix("+").removeprefix("00")
        return any(_valid(each, None) for each in _beginnings(abroad))
    national = _NATIONAL.match(run)
    if national is not None:
        whole = run[national.start("number") :]
        if _NOT_GROUPED_SO.match(whole) is not None:
            return False
        return any(_valid(each, region) for each in _beginnings(whole) for region in REGIONS)
    if _AMERICAN.search(run) is not None:
        return True
    grouped = _GROUPED.search(run)
    return grouped is not None and any(_valid(grouped[0], region) for region in GROUPED_REGIONS)


def _beginnings(run: str) -> Iterator[str]:
    """The run, and it without what may be other numbers after it: a few ways to cut, the longest first."""
    ends = [match.end() for match in re.finditer(r"\d+", run)]
    fitting = [end for end in ends if sum(sign.isdigit() for sign in run[:end]) <= _MOST_DIGITS]
    for end in fitting[: -_MOST_ENDS - 1 : -1]:
        yield run[:end]


def _valid(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False
