"""ActivityStreams and the extensions that the fediverse uses, as frozen dataclasses, with the codec for them."""
