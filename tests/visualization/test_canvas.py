"""Text that fits its width, and tiles for every kind of file."""

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from PIL import Image, ImageColor

from cpcl_mm.visualization import canvas

FONT = canvas.font(14)
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture
def save(tmp_path):
    """Write an image of one color and return its path."""

    def write(name, size, color=(200, 30, 30), mode='RGB'):
        path = tmp_path / name
        Image.new('RGB', size, color).convert(mode).save(path)
        return str(path)

    return write


class TestWrap:
    @pytest.mark.parametrize('width', [60, 100, 250, 1000])
    def test_lines_fit_and_nothing_is_lost(self, width):
        text = 'A young woman with long black hair wears a white T-shirt and light blue jeans.'
        lines = canvas.wrap(text, FONT, width)
        assert all(FONT.getlength(line) <= width for line in lines)
        assert ' '.join(lines) == text

    def test_a_word_wider_than_a_line_is_broken(self):
        lines = canvas.wrap('see ' + 'm' * 40 + ' end', FONT, 80)
        assert all(FONT.getlength(line) <= 80 for line in lines)
        assert lines[0] == 'see'
        assert ''.join(lines).replace(' ', '') == 'see' + 'm' * 40 + 'end'

    @pytest.mark.parametrize('width', [0, 1])
    def test_a_width_below_a_letter_gives_a_letter_a_line(self, width):
        assert canvas.wrap('ab c', FONT, width) == ['a', 'b', 'c']

    @pytest.mark.parametrize('text', ['', ' \n\t '])
    def test_an_empty_text_has_no_lines(self, text):
        assert canvas.wrap(text, FONT, 100) == []

    def test_white_space_counts_as_one_space(self):
        assert canvas.wrap('a  man\n in\tred ', FONT, 1000) == ['a man in red']


def ink(paper):
    """Left, top, right and bottom of what is dark."""
    return paper.convert('L').point(lambda value: 255 * (value < 128)).getbbox()


class TestLegible:
    """What DejaVu Sans lacks is drawn in another font of the machine, or counted."""

    @pytest.fixture
    def install(self, tmp_path, monkeypatch):
        """A function that gives the machine these fonts, named by the letters that they have."""

        def square(letters):
            pen = TTGlyphPen(None)
            pen.moveTo((0, 0))
            for corner in ((0, 900), (900, 900), (900, 0)):
                pen.lineTo(corner)
            pen.closePath()
            builder = FontBuilder(1000)
            builder.setupGlyphOrder(['.notdef', 'square'])
            builder.setupCharacterMap(dict.fromkeys(map(ord, letters), 'square'))
            builder.setupGlyf(dict.fromkeys(('.notdef', 'square'), pen.glyph()))
            builder.setupHorizontalMetrics(dict.fromkeys(('.notdef', 'square'), (1000, 0)))
            builder.setupHorizontalHeader(ascent=900, descent=-100)
            builder.setupNameTable(dict(familyName='Squares', styleName='Regular'))
            builder.setupOS2()
            builder.setupPost()
            builder.save(tmp_path / f'{letters}.ttf')
            return str(tmp_path / f'{letters}.ttf')

        def make(*fonts):
            entries = [font_manager.FontEntry(fname=square(x), name=x, weight=400) for x in fonts]
            entries.append(font_manager.FontEntry(str(tmp_path / 'gone.ttf'), 'gone', weight=400))
            monkeypatch.setattr(font_manager.fontManager, 'ttflist', entries)
            canvas._fonts_of_the_machine.cache_clear()

        yield make
        canvas._fonts_of_the_machine.cache_clear()

    @pytest.mark.parametrize('text', ['a man', 'người đàn ông mặc áo đỏ', 'мужчина', ''])
    def test_dejavu_has_most_scripts(self, install, text):
        install(text)
        assert canvas.legible(text, FONT) == (text, FONT)

    def test_a_font_with_the_letters_draws_them(self, install):
        install('红', '红衣男')
        text, typeface = canvas.legible('红 男', FONT)
        assert text == '红 男'
        assert typeface.path.endswith('红衣男.ttf')
        assert typeface.size == FONT.size
        assert ink(canvas.write(text, typeface))

    def test_letters_that_no_font_has_are_counted_instead_of_boxes(self, install):
        install()
        text, typeface = canvas.legible('“红衣 red 男人”', FONT)
        assert text == '“ red ” [signs without a font on this machine: 4]'
        assert typeface == FONT
        install('红衣男人')
        text, _ = canvas.legible('红衣男子', FONT)
        assert text == '红衣男 [signs without a font on this machine: 1]'

    def test_the_font_that_has_a_box_for_everything_is_no_choice(self):
        names = [path.name for path in canvas._fonts_of_the_machine()]
        assert 'DejaVuSans.ttf' in names
        assert not [name for name in names if 'LastResort' in name]


def test_lines_are_written_below_each_other():
    one, two = canvas.write('one', FONT), canvas.write(['one', 'two'], FONT)
    assert two.height == 2 * one.height
    assert ink(two.crop((0, 0, *one.size))) == ink(one)
    assert ink(two)[3] > one.height
    assert canvas.write([], FONT).size == (0, 0)


class TestLoadTile:
    @pytest.mark.parametrize('mode', ['RGB', 'L', 'RGBA', 'P'])
    def test_an_image_is_shown_whole_and_centered(self, save, mode):
        tile = canvas.load_tile(save('wide.png', (40, 20), (0, 0, 0), mode), (60, 90))
        assert (tile.mode, tile.size) == ('RGB', (60, 90))
        dark = tile.convert('L').point(lambda value: 255 * (value < 128)).getbbox()
        assert dark == (0, 30, 60, 60)

    def test_a_missing_file_gives_a_grey_tile_with_its_name(self, tmp_path):
        tile = canvas.load_tile(str(tmp_path / 'gone.jpg'), (60, 90))
        other = canvas.load_tile(str(tmp_path / 'lost.jpg'), (60, 90))
        assert tile.size == (60, 90)
        assert tile.getpixel((0, 0)) == (0xC9, 0xCE, 0xD6)
        assert tile.tobytes() != other.tobytes()

    @pytest.mark.parametrize('content', [b'', b'not an image'])
    def test_a_file_that_is_no_image_is_a_missing_one(self, tmp_path, content):
        path = tmp_path / 'gone.jpg'
        missing = canvas.load_tile(str(path), (60, 90))
        path.write_bytes(content)
        assert canvas.load_tile(str(path), (60, 90)).tobytes() == missing.tobytes()

    def test_a_truncated_image_is_a_missing_one(self, save, tmp_path):
        path = tmp_path / save('cut.jpg', (200, 400))
        path.write_bytes(path.read_bytes()[:-200])
        assert canvas.load_tile(str(path), (60, 90)).getpixel((0, 0)) == (0xC9, 0xCE, 0xD6)


class TestTurnedPhotograph:
    """A camera that was held upright stores a lying image, and says so."""

    @pytest.fixture
    def turned(self, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.new('RGB', (60, 30), 'black').save(tmp_path / 'turned.png', exif=exif)
        return str(tmp_path / 'turned.png')

    def test_stands_upright_in_its_tile(self, turned):
        assert canvas.load_tile(turned, (30, 60)).convert('L').getextrema() == (0, 0)

    def test_counts_as_upright_in_the_height_of_tiles(self, turned):
        assert canvas.tile_height([turned], 100) == 200


class TestTileHeight:
    def test_is_that_of_most_images(self, save):
        paths = [save(f'{i}.png', size) for i, size in enumerate([(10, 25), (10, 25), (10, 10)])]
        assert canvas.tile_height(paths, 100) == 250

    @pytest.mark.parametrize(('size', 'height'), [((10, 90), 300), ((90, 10), 100)])
    def test_keeps_within_reason(self, save, size, height):
        assert canvas.tile_height([save('a.png', size)], 100) == height

    def test_does_not_need_readable_images(self):
        assert canvas.tile_height(['gone.png'], 100) == 200


@pytest.fixture
def blocks():
    return [Image.new('RGB', size, color) for size, color in (((4, 1), 'red'), ((2, 3), 'blue'))]


def test_images_are_stacked_flush_left(blocks):
    sheet = canvas.stack(blocks, gap=1)
    assert sheet.size == (4, 5)
    assert [sheet.getpixel((0, y)) for y in (0, 1, 2)] == [RED, WHITE, BLUE]
    assert sheet.getpixel((3, 4)) == WHITE
    assert canvas.stack(blocks, width=9).size == (9, 4)


def test_images_stand_side_by_side_flush_on_top_or_in_a_line(blocks):
    sheet, line = canvas.beside(blocks, 1), canvas.beside(blocks, 1, in_line=True)
    assert sheet.size == line.size == (7, 3)
    assert [sheet.getpixel((x, 0)) for x in (0, 4, 5)] == [RED, WHITE, BLUE]
    assert [line.getpixel((0, y)) for y in range(3)] == [WHITE, RED, WHITE]


def test_a_page_has_a_rule_above_each_row(blocks):
    page = canvas.page(canvas.write('title', FONT), blocks, padding=5)
    column = [page.getpixel((canvas.MARGIN, y)) for y in range(page.height)]
    assert column.count(ImageColor.getrgb(canvas.RULE)) == 2
    assert (column.count(RED), column.count(BLUE)) == (1, 3)
