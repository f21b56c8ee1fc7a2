"""Formats numbers and tables."""


def microseconds(ns):
    return f"{ns / 1000:.{3 if ns < 1000 else 2 if ns < 10000 else 1}f}"


def times(ratio):
    return f"{ratio:.{2 if ratio < 10 else 0}f}×"


def as_text(lines, markdown):
    """Text is left-aligned, numbers are right-aligned."""
    numbers = range(1, len(lines[0]))
    if markdown:
        lines = [lines[0], ["--:" if i in numbers else "---" for i in range(len(lines[0]))], *lines[1:]]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    width = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(c.rjust(w) if i in numbers else c.ljust(w)
                               for i, (c, w) in enumerate(zip(line, width))).rstrip() for line in lines)
