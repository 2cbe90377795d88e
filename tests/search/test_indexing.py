import threading

import PIL.Image
import pytest

from cpcl_mm.search import IndexReport, encode_files, find_images


def test_batches_follow_the_order_of_the_images(crops, encoder):
    paths = find_images(crops).images
    batches = list(encode_files(paths, encoder, batch_size=2))
    names = [name for batch in batches for name, _ in batch.entries]
    assert names == paths
    assert [len(batch.features) for batch in batches] == [2, 1]
    blue, green = batches[0].features
    assert blue.argmax() == 2
    assert green.argmax() == 1


def test_the_next_batch_is_decoded_while_one_is_encoded(crops, encoder, monkeypatch):
    third_is_decoded = threading.Event()
    prepare, encode = encoder.prepare_image, encoder.encode_images

    def watched_prepare(image):
        if image.convert('RGB').getpixel((0, 0)) == (255, 0, 0):
            third_is_decoded.set()
        return prepare(image)

    def watched_encode(prepared):
        assert third_is_decoded.wait(10)
        return encode(prepared)

    monkeypatch.setattr(encoder, 'prepare_image', watched_prepare)
    monkeypatch.setattr(encoder, 'encode_images', watched_encode)
    assert len(list(encode_files(find_images(crops).images, encoder, batch_size=2))) == 2


def test_images_that_cannot_be_used_are_named_and_do_not_stop_the_others(
    crops, encoder, monkeypatch
):
    monkeypatch.setattr('cpcl_mm.utils.image_file.MAX_PIXELS', 1000)
    (crops / 'red.png').write_text('no image')
    PIL.Image.new('RGB', (100, 100)).save(crops / 'huge.png')
    paths = [*find_images(crops).images, *find_images(crops / 'gone.png').images]
    batches = list(encode_files(paths, encoder, batch_size=2))
    skipped = {k.split('/')[-1]: v for batch in batches for k, v in batch.skipped.items()}
    assert sum(len(batch.entries) for batch in batches) == 2
    assert skipped.pop('red.png').startswith('is not a readable image')
    assert skipped == {
        'huge.png': 'has 100 x 100 pixels, more than 1,000: crop or shrink it',
        'gone.png': 'does not exist',
    }


def test_images_that_cannot_be_used_leave_the_others_in_their_batches(crops, encoder):
    # So that a run after a crash, which meets it again, makes the same batches as one in peace.
    (crops / 'a_broken.png').write_text('no image')
    batches = list(encode_files(find_images(crops).images, encoder, batch_size=2))
    assert [len(batch.features) for batch in batches] == [2, 1]
    assert len(batches[0].skipped) == 1


def test_a_model_that_fails_is_no_matter_of_an_image(crops, encoder, monkeypatch):
    def diverged(prepared):
        raise ValueError('features that are NaN')

    monkeypatch.setattr(encoder, 'encode_images', diverged)
    with pytest.raises(ValueError, match='NaN'):
        list(encode_files(find_images(crops).images, encoder))


def test_a_report_counts_and_names():
    report = IndexReport(1200, 30, {f'{number}.jpg': 'is truncated' for number in range(7)})
    assert str(report).splitlines()[:2] == [
        '1,200 images encoded, 30 unchanged, 7 skipped',
        '  0.jpg: is truncated',
    ]
    assert str(report).splitlines()[-1] == '  ... and 2 more'


def test_a_report_counts_what_was_passed_over_and_can_always_be_printed():
    report = IndexReport(1, 0, {'caf\udce9\n.jpg': 'bad'}, {'a.txt': 'suffix .txt'})
    assert str(report).encode().splitlines()[1:] == [
        b'  caf\\udce9\\n.jpg: bad',
        b'1 passed over (suffix .txt: 1)',
    ]
