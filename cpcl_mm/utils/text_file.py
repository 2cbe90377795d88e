"""Reading text files that people and spreadsheets write."""

from pathlib import Path


def read_text_file(path: Path) -> str:
    """Read a UTF-8 file, with or without byte order mark.

    Args:
        path: The file.

    Returns:
        Its text; line breaks stay as they are.

    Raises:
        ValueError: The file is not UTF-8; names the line of the first bad byte.
    """
    content = path.read_bytes()
    try:
        return content.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        line = content.count(b'\n', 0, error.start) + 1
        raise ValueError(
            f'{path} is not UTF-8 text (line {line}: {error}); save it as UTF-8.'
        ) from error
