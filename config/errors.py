"""The one error type whose text may be shown to people."""


class LookbookError(Exception):
    """A failure that a person can mend.

    `problem` says what is wrong in one sentence, naming the thing (file, key, column, model);
    `mend` says what to do about it in one sentence. Subclasses live beside the code that raises
    them and only exist where somebody catches them.
    """

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(f"{problem} {mend}")
        self.problem = problem
        self.mend = mend
