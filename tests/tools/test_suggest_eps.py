"""One search for neighbors shows every eps, and names one, without identities."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import silhouette_samples

from cpcl_mm.kreciprocal import JaccardDBSCAN, normalize

TOOL = Path(__file__).parents[2] / 'tools' / 'suggest_eps.py'
EPSILONS = [0.3, 0.5, 0.7]


@pytest.fixture(scope='module')
def tool():
    return runpy.run_path(str(TOOL))


@pytest.fixture(scope='module')
def features():
    """Sixty people, five samples each, spread differently."""
    rng = np.random.default_rng(0)
    spread = rng.uniform(0.2, 1.2, (60, 1, 1))
    people = rng.normal(size=(60, 1, 16)) + spread * rng.normal(size=(60, 5, 16))
    return normalize(people.reshape(300, 16))


@pytest.mark.parametrize('weights', [None, np.arange(300) % 3 + 1.0])
def test_each_eps_gives_what_clustering_at_it_gives(tool, features, weights):
    found = tool['cluster_at'](features, JaccardDBSCAN(k1=8, k2=2), EPSILONS, weights)
    for one, eps in zip(found, EPSILONS, strict=True):
        labels = JaccardDBSCAN(k1=8, k2=2, eps=eps).cluster(features, weights).labels
        sizes = np.bincount(labels[labels >= 0])
        assert one[:4] == (eps, len(sizes), (labels < 0).sum(), sizes.max())
    assert len({one.clusters for one in found}) > 1


def test_agreement_is_the_silhouette_with_0_for_outliers(tool):
    rng = np.random.default_rng(0)
    distances = np.triu(rng.uniform(0.1, 1.0, (40, 40)), k=1)
    distances[distances > 0.7] = 1
    distances = distances + distances.T
    labels = rng.integers(-1, 4, 40)
    labels[7] = 4  # alone in its cluster
    kept = labels >= 0
    expected = silhouette_samples(distances[np.ix_(kept, kept)], labels[kept], metric='precomputed')
    near = sparse.csr_matrix(np.where(np.eye(40) > 0, 0, 1 - distances))
    found = tool['describe'](0.7, labels, near)
    assert found.agreement == pytest.approx(expected.sum() / 40)


def test_the_eps_of_the_highest_agreement_is_suggested(tool):
    make = tool['Clustering']
    found = [make(0.3, 9, 40, 5, 0.4), make(0.4, 8, 20, 6, 0.6), make(0.5, 2, 0, 90, 0.1)]
    said = tool['suggest'](found, 100)
    assert said.startswith('suggested eps: 0.4, for the highest agreement, 0.600, with 8 clusters')
    assert '20 % outliers' in said
    assert 'the end of the range' in tool['suggest'](found[:2], 100)
    nothing = [make(0.3, 0, 100, 0, 0.0)]
    assert 'no eps of this range makes a cluster' in tool['suggest'](nothing, 100)


def test_collapsed_features_are_refused_before_memory_is_full(tool):
    same = np.ones((1100, 4), dtype=np.float32) / 2
    with pytest.raises(ValueError, match='more than 512 pairs a sample lie within eps 0.7'):
        tool['cluster_at'](same, JaccardDBSCAN(k1=1100, k2=1), EPSILONS)


def test_table_and_plot_of_a_checkpoint(run_tool, small_config, small_checkpoint, tmp_path):
    plot = tmp_path / 'plots' / 'eps.png'
    options = ('--work-dir', tmp_path, '--eps', 0.4, 0.6, 0.1, '--out', plot)
    out = run_tool('suggest_eps.py', small_config(), small_checkpoint, *options)
    for modality in ('image', 'text'):
        assert re.search(rf'^{modality}: \d+ samples, k1 30, k2 6, min_samples 4', out, re.M)
    rows = re.findall(r'^ +(0\.\d\d) +[\d,]+ +[\d,]+ +[\d,]+ +-?[01]\.\d{3}$', out, re.M)
    assert rows == ['0.40', '0.50', '0.60'] * 2
    assert plot.read_bytes().startswith(b'\x89PNG')


def test_the_settings_of_the_config_are_taken(run_tool, small_config, small_checkpoint, tmp_path):
    labeller = (
        "dict(type='PerModality', image=dict(type='JaccardDBSCAN', k1=5, k2=2, eps=0.45), "
        "text=dict(type='Instances'))"
    )
    hook = f"default_hooks = dict(pseudo_labels=dict(type='PseudoLabelHook', labeller={labeller}))"
    files = (small_config(extra=hook), small_checkpoint, '--work-dir', tmp_path)
    out = run_tool('suggest_eps.py', *files, '--modality', 'image')
    assert 'k1 5, k2 2, min_samples 4; the config has eps 0.45' in out
    with pytest.raises(SystemExit, match='Instances has no eps'):
        run_tool('suggest_eps.py', *files)


@pytest.mark.parametrize('bounds', [(0, 0.5, 0.1), (0.5, 0.4, 0.1), (0.4, 1, 0.1), (0.4, 0.5, 0)])
def test_a_range_that_is_none(run_tool, small_config, bounds):
    with pytest.raises(SystemExit, match='give 0 < START < STOP < 1, STEP > 0'):
        run_tool('suggest_eps.py', small_config(), '--weights', 'openai', '--eps', *bounds)


def test_a_checkpoint_or_weights(exit_of_tool, small_config):
    code, _, err = exit_of_tool('suggest_eps.py', small_config())
    assert code == 2
    assert 'give either a checkpoint or pretrained --weights' in err
