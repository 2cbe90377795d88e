import torch

from cpcl_mm.kreciprocal.neighbors import found
from cpcl_mm.kreciprocal.neighbors.found import for_all_rows


def test_rows_are_searched_once_alone_and_as_a_share(monkeypatch):
    searched = []

    def search(rows):
        searched.append(rows)
        return torch.arange(rows.start, rows.stop)[:, None].repeat(1, 2)

    expected = torch.arange(5)[:, None].repeat(1, 2)
    assert for_all_rows(search, 5, shared=False).equal(expected)
    assert for_all_rows(search, 5, shared=True).equal(expected)
    monkeypatch.setattr(found, 'share_of_rank', lambda total: range(1, 3))
    monkeypatch.setattr(found, 'gather_shares', lambda local, total: local)
    assert for_all_rows(search, 5, shared=True).equal(expected[1:3])
    assert searched == [range(5), range(5), range(1, 3)]
