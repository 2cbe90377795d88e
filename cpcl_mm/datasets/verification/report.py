"""What a verification found, as text to read and as a list to work with."""

import csv
from collections.abc import Sequence
from pathlib import Path

from .verify import CountCheck, Fault, Verification

COLUMNS = ('split', 'quantity', 'found', 'expected', '')
# So that a path with line breaks or tabs stays one cell of one line.
LIST_COLUMNS = ('split', 'place', 'image', 'problem')
MOST_FOLDERS = 12


def format_report(result: Verification, limit: int = 10) -> str:
    """Write a verification as text.

    Args:
        result: The verification.
        limit: How many unusable records, and how many images, are named.

    Returns:
        Lines: what was verified, the table of counts, what is wrong, the verdict.
    """
    copy = result.copy
    parts = [
        f'{copy.name}: annotation file {copy.ann_file}, images below {copy.image_root}',
        _table([COLUMNS, *(_row(check) for check in result.count_checks())]),
        _records(result, limit),
        _images(result, limit),
        _shared(result),
        _verdict(result),
    ]
    return '\n\n'.join(part for part in parts if part)


def write_list(faults: Sequence[Fault], path: Path) -> None:
    """Write all unusable records as a table with tabs between its columns.

    Args:
        faults: The records.
        path: The file to write; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('w', encoding='utf-8', errors='backslashreplace', newline='') as file:
        writer = csv.writer(file, delimiter='\t', lineterminator='\n')
        writer.writerows([LIST_COLUMNS, *faults])


def _row(check: CountCheck) -> tuple[str, ...]:
    if check.expected is None:
        note = 'there should be no such split' if check.is_wrong else ''
        return check.split, check.quantity, f'{check.found:,}', '', note
    expected: int = getattr(check.expected, check.quantity)
    return check.split, check.quantity, f'{check.found:,}', f'{expected:,}', _note(check, expected)


def _note(check: CountCheck, expected: int) -> str:
    if check.is_wrong:
        difference = check.found - expected
        return f'{abs(difference):,} too {"many" if difference > 0 else "few"}'
    in_papers = check.expected and check.expected.captions_in_papers
    if check.quantity == 'captions' and in_papers:
        return f'ok (papers print {in_papers:,}; both are right)'
    return 'ok'


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Align columns: text to the left, the two columns of numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return '\n'.join(
        f'{split:{widths[0]}}  {quantity:{widths[1]}}  {found:>{widths[2]}}  '
        f'{expected:>{widths[3]}}  {note}'.rstrip()
        for split, quantity, found, expected, note in rows
    )


def _records(result: Verification, limit: int) -> str:
    if not result.bad_records:
        return ''
    return '\n'.join(
        [f'{len(result.bad_records):,} records are unusable, and not counted above:']
        + [f'  {fault.place} {fault.text}' for fault in result.bad_records[:limit]]
        + _rest(result.bad_records, limit)
    )


def _images(result: Verification, limit: int) -> str:
    total = sum(folder.images for folder in result.folders)
    sound = 'decode' if result.level == 'decode' else 'exist'
    lines = [f'images: {total - len(result.bad_images):,} of {total:,} {sound}']
    affected = [folder for folder in result.folders if folder.bad and folder.name]
    lines += [
        f'  {folder.name}/: {folder.bad:,} of {folder.images:,} are missing or unreadable'
        for folder in affected[:MOST_FOLDERS]
    ]
    lines += [
        f'  {fault.split}, {fault.place}: {fault.image} {fault.text}'
        for fault in result.bad_images[:limit]
    ]
    return '\n'.join(lines + _rest(result.bad_images, limit))


def _rest(faults: Sequence[Fault], limit: int) -> list[str]:
    hidden = len(faults) - limit
    return [f'  and {hidden:,} more; --list FILE writes all of them'] if hidden > 0 else []


def _shared(result: Verification) -> str:
    notes = [
        f'note: {number:,} identities are in {first} and in {second}'
        for (first, second), number in result.shared_identities.items()
    ]
    if result.leaks:
        notes.append(
            'If these are the same people, scores will be too good: tools/convert_annotations.py '
            '--split-key none --val 0.1 --test 0.1 keeps them apart. If every split counts from 0, '
            'give each person of the file a number of their own.'
        )
    return '\n'.join(notes)


def _verdict(result: Verification) -> str:
    if result.is_sound:
        return 'Nothing else is wrong.' if result.shared_identities else 'Nothing is wrong.'
    wrong = sum(check.is_wrong for check in result.count_checks())
    return (
        f'WRONG: {wrong} counts, {len(result.bad_records):,} records, '
        f'{len(result.bad_images):,} images'
        + f', {result.leaks:,} identities in train and in another split' * bool(result.leaks)
        + '.'
    )
