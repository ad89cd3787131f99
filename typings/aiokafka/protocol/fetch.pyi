"""The request for records."""

class FetchRequest:
    @property
    def topics(self) -> list[tuple[str, list[tuple[int, int, int]]]]: ...
