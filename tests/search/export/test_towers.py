import numpy as np
import onnxruntime
import pytest
import torch

from cpcl_mm.search.export.comparison import sample_inputs
from cpcl_mm.search.export.towers import write_tower


def test_a_graph_takes_any_batch_and_gives_the_features_of_torch(encoder, tmp_path):
    images = {'image': sample_inputs(encoder, 7)['image']}
    write_tower(encoder.model, 'image', images['image'][:2], tmp_path / 'tower.onnx')
    session = onnxruntime.InferenceSession(tmp_path / 'tower.onnx')
    with torch.no_grad():
        expected = encoder.model.extract_feat(images)['image']
    for number in (1, 2, 7):
        (features,) = session.run(None, {'image': images['image'][:number].numpy()})
        np.testing.assert_allclose(features, expected[:number], atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-6)


def test_a_tower_that_torch_cannot_export_is_named(encoder, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError('no such operator')

    monkeypatch.setattr(torch.onnx, 'export', fail)
    with pytest.raises(ValueError, match='cannot export the text tower .*no such operator'):
        write_tower(encoder.model, 'text', torch.ones(2, 77, dtype=torch.long), tmp_path / 'a.onnx')
