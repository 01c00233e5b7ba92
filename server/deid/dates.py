"""Finds full dates of birth: day, month and year, with a word of birth or the age that goes with it.

Any other full date is left alone: "seen on 12 March 2026" is ordinary talk about a case. Dates written out in words
("the second of January nineteen seventy-eight") are not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_MONTHS = (
    # without accents, as the text is when it is searched; by the beginning that tells a month from the others
    r"janv(?:ier)?|january?|janeiro|januari|januar|janner|enero|ene|gennaio|gen|jan",
    r"fevr(?:ier)?|february?|fevereiro|februari|februar|febrero|febbraio|feber|fev|feb",
    r"march|mars|marzo|marco|maart|marz|mrz|maerz|mar|mrt",
    r"avril|avr|april|abril|abr|aprile|apr",
    r"may|mai|mayo|maio|maggio|mag|mei|maj",
    r"june|juin|junio|junho|giugno|giu|juni|jun",
    r"july|juillet|juil|julio|julho|luglio|lug|juli|jul",
    r"august|augustus|augusti|aout|agosto|ago|aug",
    r"september|septembre|setembro|septiembre|settembre|sept|sep|set",
    r"october|octobre|outubro|octubre|ottobre|oktober|oct|out|okt|ott",
    r"november|novembre|novembro|noviembre|nov",
    r"december|decembre|dezembro|diciembre|dicembre|dezember|desember|dec|dez|dic|des",
)
_MONTH = "|".join(sorted("|".join(_MONTHS).split("|"), key=len, reverse=True))
_GAP = r"[ ]{0,2}"
_MARK = rf"{_GAP}[./|-]{_GAP}"
_DATE = re.compile(
    rf"""(?<![0-9a-z])(?<![0-9][.,/:-])(?:
      (?P<y1>(?:19|20)\d\d){_MARK}(?P<m1>\d\d?){_MARK}(?P<d1>\d\d?)
    | (?P<d2>\d\d?){_MARK}(?P<m2>\d\d?){_MARK}(?P<y2>(?:1[89]|20)\d\d|\d\d)
    | (?P<d3>\d\d?)[ ](?P<m3>\d\d?)[ ](?P<y3>(?:19|20)\d\d)
    | (?P<d4>\d\d?)(?:st|nd|rd|th|er|o|a|\.)?{_GAP}-?(?:(?:of|de|di|do|den)[ ])?
        (?P<w4>{_MONTH})\.?,?{_GAP}-?(?:(?:de|del|di|do)[ ])?'?(?P<y4>(?:1[89]|20)\d\d|\d\d)
    | (?P<w5>{_MONTH})\.?[ -]?(?P<d5>\d\d?)(?:st|nd|rd|th)?,?[ -]{{1,2}}(?P<y5>(?:1[89]|20)\d\d)
    | (?P<y6>(?:19|20)\d\d)[ ](?P<w6>{_MONTH})\.?[ ](?P<d6>\d\d?)
    | (?P<c7>\d{{8}})
    )(?![0-9a-z])(?![./-][0-9])""",
    re.VERBOSE | re.ASCII,
)
_BIRTH = re.compile(
    r"(?<![a-z])(?:born|b\. ?d\.|dob|d\. ?o\. ?b|birth[a-z]{0,4}|date of birth|bday|"
    r"nee?s?|ne\(e\)|n\(e\)e|naissance|ddn|nasc\.?|"
    r"geb\.?|gebore?n?e?r?|geburt[a-z]{0,12}|gebdat|geboorte[a-z]{0,7}|"
    r"nacid[oa]|nacio|nacimiento|f\. ?nac|fnac|f\. ?n\.|"
    r"nat[oa]|nascita|ddn|nascid[oa]|nasceu|nascimento|d\.? ?n\.|"
    r"f.dt|fodt|fodd|fodelsedatum|fodselsdato|syntynyt|syntymaaika|urodz[a-z]{0,6}|ur\.|narozen[a-z]?)(?![a-z])"
    r"|\*(?= ?[0-9])"
)
_EVENT = re.compile(
    r"(?<![a-z])(?:seen|admitted|admission|discharged?|operated|surgery|died|deceased|death|visit|review|reviewed|"
    r"presented|diagnosed|follow|interne?e?|since|vue?s?|admise?|admission|hospitalise?e?|sortie|operee?|decede?e?|suivie?|"
    r"consultation|consulte|aufgenommen|aufnahme|entlassen|vorgestellt|operiert|verstorben|"
    r"ingreso|ingresa|ingresado|visto|vista|operad[oa]|fallecid[oa]|ricoverat[oa]|operat[oa]|opgenomen|gezien)(?![a-z])"
)
_OTHER_TIME = re.compile(rf"{_EVENT.pattern}|(?<![0-9])[0-9]{{4}}(?![0-9])")
_COLUMN_OF_SEX = re.compile(r"\| ?[mfhw] ?\| ?$")
_AGE = re.compile(
    r"(?<![0-9.,])(?P<age>1?\d?\d)[ -]?"
    r"(?:years?|yrs?|y/?o|y|ans?|jahre?n?|jahrig[a-z]{0,2}|j\.|jaar|anos?|anni|ar|lat)(?![a-z])"
)
_ASIDE = re.compile(r"^[ ,;:(\[|/-]{0,4}(?:(?:m|f|h|w|age|aged|agee?|edad|eta|alter)\b[ ,;:|/-]{0,3})?$")
_REACH = 40
_AGE_REACH = 60
_ENDED = re.compile(r"[;!?\n]|\.(?= [a-z]{3})")


@dataclass(frozen=True, slots=True)
class _Date:
    start: int
    end: int
    year: int | None
    compact: bool


def find(text: str, today: date) -> Iterator[tuple[int, int]]:
    """The stretches of normalised text that are dates of birth."""
    lower = text.lower()
    previous = 0
    for found in _dates(lower):
        if _by_word(lower, found, previous) or (not found.compact and _by_age(lower, found, previous, today)):
            yield found.start, found.end
        previous = found.end


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """All full dates: what stands there is no telephone number."""
    for found in _dates(text.lower()):
        if not found.compact:
            yield found.start, found.end


def _dates(lower: str) -> Iterator[_Date]:
    for match in _DATE.finditer(lower):
        group = match.groupdict()
        number = next(name[1] for name in ("y1", "y2", "y3", "y4", "y5", "y6", "c7") if group[name])
        if number == "7":
            year = _year_of_compact(group["c7"])
            if year is None:
                continue
        else:
            month = group.get(f"m{number}") or "1"
            if not _calendar(int(group[f"d{number}"]), int(month)):
                continue
            written = group[f"y{number}"]
            year = int(written) if len(written) == 4 else None
        yield _Date(match.start(), match.end(), year, number == "7")


def _calendar(day: int, month: int) -> bool:
    """In either order."""
    return (1 <= day <= 31 and 1 <= month <= 12) or (1 <= month <= 31 and 1 <= day <= 12)


def _year_of_compact(digits: str) -> int | None:
    for year, one, two in ((digits[:4], digits[4:6], digits[6:]), (digits[4:], digits[:2], digits[2:4])):
        if 1890 <= int(year) <= 2100 and _calendar(int(one), int(two)):
            return int(year)
    return None


def _by_word(lower: str, found: _Date, previous: int) -> bool:
    begin = max(previous, found.start - _REACH)
    word = None
    for word in _BIRTH.finditer(lower, begin, found.start + 2):  # noqa: B007  the last one counts
        pass
    if word is not None:
        between = lower[word.end() : found.start]
        if _ENDED.search(between) is None and _OTHER_TIME.search(between) is None:
            return not found.compact or len(between) <= 12
    if _COLUMN_OF_SEX.search(lower, max(0, found.start - 6), found.start) is not None:
        return True
    after = lower[found.end : found.end + 14]
    word = _BIRTH.search(after)
    return word is not None and after[: word.start()].strip(" ,([-:=") == ""


def _by_age(lower: str, found: _Date, previous: int, today: date) -> bool:
    """An age beside the date that can be that person's, or an age nearby that is exactly that person's."""
    if found.year is None:
        return False
    begin = max(previous, found.start - _AGE_REACH)
    for match in _AGE.finditer(lower, begin, found.end + _AGE_REACH):
        age = int(match["age"])
        lived = today.year - found.year
        if age > 120 or match.start() < found.end <= match.end():
            continue
        if match.start() >= found.end:
            between = lower[found.end : match.start()]
        else:
            between = lower[match.end() : found.start]
        exact = age >= 3 and lived - 1 <= age <= lived
        beside = _ASIDE.match(between) is not None and 3 <= age <= lived
        if beside or (exact and _ENDED.search(between) is None and _EVENT.search(between) is None):
            return True
    return False
