"""RSTPReid: five images a person, two captions each, and a key of its own for the path."""

from collections import Counter

from cpcl_mm.datasets import RSTPReid


def test_five_images_a_person_and_two_captions_each(write_public_dataset, tmp_path):
    root = str(write_public_dataset('RSTPReid', tmp_path))
    for split, people in {'train': 6, 'val': 3, 'test': 3}.items():
        dataset = RSTPReid(root, split=split)
        assert Counter(Counter(dataset.identities.tolist()).values()) == {5: people}
        assert {len(image.captions) for image in dataset.images} == {2}


def test_published_figures_add_up_to_those_of_the_paper():
    assert sum(split.images for split in RSTPReid.published.values()) == 20_505
    assert sum(split.identities for split in RSTPReid.published.values()) == 4_101
    assert all(split.captions == 2 * split.images for split in RSTPReid.published.values())
    assert all(split.images == 5 * split.identities for split in RSTPReid.published.values())
