"""Without numba the package works, gives the same results, and says what it does once."""

import json
import subprocess
import sys
import warnings

import numpy as np

from cpcl_mm.evaluation import rank_scores
from cpcl_mm.kreciprocal import JaccardDBSCAN
from cpcl_mm.utils.compiled import COMPILED, warn_if_not_compiled

SCRIPT = """
import sys, json, warnings
sys.modules['numba'] = None
import numpy as np
from cpcl_mm.evaluation import rank_scores
from cpcl_mm.kreciprocal import JaccardDBSCAN
from cpcl_mm.utils.compiled import COMPILED
assert not COMPILED
arrays = np.load(sys.argv[1])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    labels = [JaccardDBSCAN(k1=k1)(arrays['features']).labels.tolist() for k1 in (8, 30)]
    scores = rank_scores(*[arrays[key] for key in arrays.files[1:]]).as_dict()
said = [str(w.message) for w in caught if 'numba' in str(w.message)]
print(json.dumps([labels, scores, said]))
"""


def test_labels_and_scores_are_those_of_compiled_code(tmp_path):
    assert COMPILED
    rng = np.random.default_rng(0)
    people = rng.normal(size=(30, 12)).astype(np.float32)
    identities = rng.integers(0, 30, 300)
    features = people[identities] + 0.4 * rng.normal(size=(300, 12)).astype(np.float32)
    features[:20] = features[100]
    halves = (features[:150], features[150:], identities[:150], identities[150:])
    np.savez(
        tmp_path / 'arrays.npz',
        features=features,
        **dict(zip(('queries', 'gallery', 'query_ids', 'gallery_ids'), halves, strict=True)),
    )
    command = [sys.executable, '-W', 'ignore', '-c', SCRIPT, str(tmp_path / 'arrays.npz')]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    labels, scores, said = json.loads(done.stdout.splitlines()[-1])
    assert labels == [JaccardDBSCAN(k1=k1)(features).labels.tolist() for k1 in (8, 30)]
    assert scores == rank_scores(*halves).as_dict()
    assert len(said) == 1
    assert 'Install numba' in said[0]


def test_with_numba_nothing_is_said():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        warn_if_not_compiled()
