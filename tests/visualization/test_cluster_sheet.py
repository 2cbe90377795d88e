"""Sheets of clusters, read back from their pixels."""

import numpy as np
import pytest
from PIL import ImageColor

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.pseudo_labels import Labels
from cpcl_mm.visualization import cluster_sheet, draw_cluster_sheet

FRAMES = {
    ImageColor.getrgb(getattr(cluster_sheet, name)): name for name in ('WRONG', 'MINED', 'UNKNOWN')
}


def load(root, **settings):
    return ImageCaptionDataset('data_captions.json', str(root), split='train', **settings)


@pytest.fixture
def dataset(pedes_root):
    """Twelve images of six identities, two captions each."""
    return load(pedes_root)


def label(dataset, image, mined=(), text=None):
    """Labels of the images, and of the captions: by default, those of their images."""
    image = np.array(image)
    text = image[dataset.image_of_caption] if text is None else np.array(text)
    mined_images = np.isin(np.arange(len(image)), mined)
    return Labels({'image': image, 'text': text}, mined={'image': mined_images})


def frames(sheet):
    """Kinds of frames of the images, in reading order."""
    found = []
    left, step = cluster_sheet.MARGIN, cluster_sheet.TILE_WIDTH + cluster_sheet.GAP
    for y in range(1, sheet.height):
        for column in range(cluster_sheet.TILES):
            # Left of a frame is paper. Its right side is free of marks.
            x = left + column * step + cluster_sheet.TILE_WIDTH - 1
            color, above = sheet.getpixel((x, y)), sheet.getpixel((x, y - 1))
            if color not in FRAMES or above == color:
                continue
            # A mark, which text of another layout may put here, is not as high.
            if all(sheet.getpixel((x, y + below)) == color for below in range(0, 101, 10)):
                found.append(FRAMES[color])
    return found


PAIRS = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_row_for_each_cluster(dataset):
    labels = label(dataset, PAIRS)
    sheets = [draw_cluster_sheet(labels, dataset, number) for number in (1, 3, 12)]
    assert [len(frames(sheet)) for sheet in sheets] == [2, 6, 12]
    assert all(1150 <= sheet.width <= 1300 for sheet in sheets)


def test_mined_images_and_strangers_have_frames_of_their_own(dataset):
    labels = label(dataset, [0, 0, 0, *[1] * 9], mined=[1])
    sheet = draw_cluster_sheet(labels, dataset, num_clusters=12)
    # The large cluster has nine images of five identities; its majority is shown first.
    assert frames(sheet)[:5] == ['UNKNOWN', 'UNKNOWN', 'WRONG', 'WRONG', 'WRONG']
    assert frames(sheet)[5:] == ['UNKNOWN', 'WRONG', 'MINED']


def test_a_mined_stranger_is_framed_as_a_stranger(dataset):
    sheet = draw_cluster_sheet(label(dataset, [0, 0, 0, *[-1] * 9], mined=[2]), dataset)
    assert frames(sheet)[:3] == ['UNKNOWN', 'UNKNOWN', 'WRONG']
    plain = draw_cluster_sheet(label(dataset, [0, 0, 0, *[-1] * 9]), dataset)
    assert sheet.tobytes() != plain.tobytes()


def test_marks_differ_in_shape_and_words_not_by_color_alone():
    mined, stranger = cluster_sheet._mined_pill(), cluster_sheet._stranger_pill('id 3')
    # A pill leaves the corners of its box free, a square mark does not.
    assert mined.getpixel((0, 0))[3] < 128
    assert stranger.getpixel((0, 0))[3] == 255
    assert stranger.size != mined.size


def test_without_identities_nobody_is_a_stranger(make_pedes, tmp_path):
    dataset = load(make_pedes(tmp_path, with_ids=False))
    labels = label(dataset, [0] * 12, mined=[3])
    sheet = draw_cluster_sheet(labels, dataset)
    assert frames(sheet) == ['UNKNOWN'] * 4 + ['MINED']
    colors = {color for _, color in sheet.getcolors(10**6)}
    assert ImageColor.getrgb(cluster_sheet.WRONG) not in colors


def test_outliers_have_a_row_of_their_own(dataset):
    clustered = draw_cluster_sheet(label(dataset, PAIRS), dataset, num_clusters=1)
    labels = label(dataset, [0, 0, *[-1] * 10])
    with_outliers = draw_cluster_sheet(labels, dataset, num_clusters=1)
    assert len(frames(clustered)) == 2
    assert len(frames(with_outliers)) == 2 + cluster_sheet.TILES


@pytest.mark.parametrize('text', [[-1] * 24, [0] * 24, list(range(24))])
@pytest.mark.parametrize('image', [[-1] * 12, [0] * 12, list(range(12))])
def test_nothing_clustered_or_everything_is_drawn(dataset, image, text):
    assert frames(draw_cluster_sheet(label(dataset, image, text=text), dataset))


class TestBar:
    def shares(self, dataset, text):
        """Pixels of each color along the bar of the only row."""
        sheet = draw_cluster_sheet(label(dataset, [0] * 12, text=text), dataset)
        left = cluster_sheet.WIDTH - cluster_sheet.MARGIN - cluster_sheet.TEXT_WIDTH
        lines = (
            [sheet.getpixel((x, y)) for x in range(left, left + cluster_sheet.TEXT_WIDTH)]
            for y in range(100, sheet.height)
        )
        first = ImageColor.getrgb(cluster_sheet.GROUP_COLORS[0])
        outlier = ImageColor.getrgb(cluster_sheet.OUTLIER_COLOR)
        bar = next(line for line in lines if line.count(first) + line.count(outlier) > 100)
        return bar.count(first), bar.count(outlier)

    def test_is_shared_out_by_captions(self, dataset):
        first, outliers = self.shares(dataset, [3] * 18 + [-1] * 6)
        assert first / outliers == pytest.approx(3, rel=0.03)

    def test_belongs_to_outliers_where_no_text_is_clustered(self, dataset):
        first, outliers = self.shares(dataset, [-1] * 24)
        assert first == 0
        assert outliers > 0.95 * cluster_sheet.TEXT_WIDTH


def test_captions_have_the_identities_of_their_images(make_pedes, tmp_path):
    root = make_pedes(tmp_path, {'train': 3}, images_per_identity=1, captions_per_image=2)
    dataset = load(root)
    texts = cluster_sheet._gather(label(dataset, [0, 1, 2]), dataset).texts
    assert texts.identities.tolist() == [0, 0, 1, 1, 2, 2]


class TestWords:
    def contents(self, dataset, labels):
        return cluster_sheet._gather(labels, dataset)

    def test_facts_of_a_cluster(self, dataset):
        images = self.contents(dataset, label(dataset, [0] * 3 + [-1] * 9, mined=[2])).images
        assert cluster_sheet._facts(0, 3, images) == (
            '3 images  ·  1 mined  ·  purity 0.67  ·  majority identity 0'
        )
        assert cluster_sheet._facts(-1, 5, images) == '9 images  ·  5 drawn'

    def test_summary_counts_both_modalities(self, dataset):
        labels = label(dataset, [0, 0, 1] + [-1] * 9, mined=[2], text=[0] * 20 + [-1] * 4)
        summary = cluster_sheet._summary(2, self.contents(dataset, labels))
        assert '2 image clusters, 9 outliers, 1 mined' in summary
        assert '1 text clusters, 4 outliers, 0 mined' in summary

    def test_long_captions_are_cut(self):
        typeface = cluster_sheet.font(14)
        for text in ('a man in a red shirt ' * 30, 'without-spaces-' * 40):
            lines = cluster_sheet._clip(text, typeface, 400)
            assert len(lines) == cluster_sheet.CAPTION_LINES
            assert lines[-1].endswith(' …”')
            assert all(300 <= typeface.getlength(line) <= 400 for line in lines)
        assert cluster_sheet._clip('“a man”', typeface, 400) == ['“a man”']


def test_of_images_alone_all_captions_are_outliers(dataset):
    alone = Labels({'image': np.array(PAIRS)})
    outliers = label(dataset, PAIRS, text=[-1] * 24)
    sheets = [draw_cluster_sheet(labels, dataset) for labels in (alone, outliers)]
    assert sheets[0].tobytes() == sheets[1].tobytes()


def test_the_same_labels_give_the_same_picture(dataset):
    first, second = (draw_cluster_sheet(label(dataset, PAIRS), dataset) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_images_that_are_gone_do_not_stop_the_sheet(make_pedes, tmp_path):
    dataset = load(make_pedes(tmp_path))
    (tmp_path / 'imgs' / '0000_0.png').unlink()
    assert len(frames(draw_cluster_sheet(label(dataset, PAIRS), dataset))) == 12


@pytest.mark.parametrize(
    ('image', 'text', 'message'),
    [
        (PAIRS[:3], [0] * 24, "3 image labels, but split 'train' .* has 12 image samples"),
        (PAIRS, [0] * 5, "5 text labels, but split 'train' .* has 24 text samples"),
    ],
)
def test_labels_of_another_data_set_are_an_error(dataset, image, text, message):
    with pytest.raises(ValueError, match=message):
        draw_cluster_sheet(label(dataset, image, text=text), dataset)


def test_nothing_to_draw_is_an_error(dataset):
    with pytest.raises(ValueError, match='Nothing to draw: 0 clusters'):
        draw_cluster_sheet(label(dataset, PAIRS), dataset, num_clusters=0)
