"""Why a file is not taken, in words for the person who sent it."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.i18n import N_
from server.media.limits import RefusalReason

SENTENCES: dict[RefusalReason, str] = {
    RefusalReason.EMPTY: N_("The file is empty."),
    RefusalReason.TOO_BIG: N_("The file is too big."),
    RefusalReason.UNSUPPORTED: N_(
        "This kind of file is not accepted. Images may be JPEG, PNG, WebP, GIF, HEIC or AVIF."
    ),
    RefusalReason.VECTOR: N_(
        "Drawings such as SVG are not accepted. Images may be JPEG, PNG, WebP, GIF, HEIC or AVIF."
    ),
    RefusalReason.DOCUMENT: N_("Documents such as PDF are not accepted yet, since they may name a patient."),
    RefusalReason.DICOM: N_("DICOM files are not accepted yet, since they name the patient."),
    RefusalReason.VIDEO: N_("Videos are not accepted."),
    RefusalReason.AUDIO: N_("Sound files are not accepted."),
    RefusalReason.AMBIGUOUS: N_("The file is an image and something else at once, and is not accepted."),
    RefusalReason.TOO_MANY_PIXELS: N_("The image has too many pixels."),
    RefusalReason.TOO_MANY_FRAMES: N_("The animation is too long."),
    RefusalReason.DAMAGED: N_("The file is damaged or incomplete."),
    RefusalReason.TOO_SLOW: N_("The file took too long to read."),
    RefusalReason.FAILED: N_("The file could not be read."),
    RefusalReason.RECORDING_KIND: N_(
        "This kind of video or sound file is not accepted. It may be MP4, MOV, WebM, MP3, M4A, Ogg, FLAC or WAV."
    ),
    RefusalReason.NO_FFMPEG: N_(
        "Videos and sound files are not accepted on this instance: it has no program to clean them with."
    ),
    RefusalReason.TOO_LONG: N_(
        "The video or sound file is too long: a video may have 10 minutes, a sound file an hour."
    ),
    RefusalReason.TOO_LARGE_FRAME: N_("The pictures of the video have too many pixels."),
    RefusalReason.TOO_MANY_FRAMES_A_SECOND: N_("The video has too many pictures a second."),
}
"""What a person is told; message ids for gettext."""


@dataclass(frozen=True, slots=True)
class RefusedMedia:
    """A file that is not taken, and why."""

    reason: RefusalReason

    @property
    def sentence(self) -> str:
        return SENTENCES[self.reason]
