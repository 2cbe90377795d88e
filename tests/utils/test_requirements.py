import pkgutil
from importlib.metadata import PackageNotFoundError

import pytest
from mmengine.utils.dl_utils import mmcv_full_available

from cpcl_mm.utils import requirements


def test_this_environment_passes():
    requirements.check_requirements()


def test_a_version_that_is_too_old_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(requirements, 'version', lambda name: '0.9.9')
    with pytest.raises(ImportError, match=r'needs torch >= 2.6, but 0.9.9.*pip install -U "torch'):
        requirements.check_requirements()


def test_a_missing_dependency_is_named_with_the_remedy(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(requirements, 'version', missing)
    with pytest.raises(ImportError, match=r'pip install "torch>=2.6"'):
        requirements.check_requirements()


def test_any_distribution_of_a_module_will_do(monkeypatch):
    def only_lite(name):
        if name == 'mmcv':
            raise PackageNotFoundError(name)
        return '2.2.0'

    monkeypatch.setattr(requirements, 'version', only_lite)
    monkeypatch.setattr(requirements, 'MINIMUM_VERSIONS', {('mmcv', 'mmcv-lite'): '2.0.0'})
    requirements.check_requirements()


def test_mmengine_looks_for_compiled_operators_on_python_3_14(monkeypatch):
    monkeypatch.delattr(pkgutil, 'find_loader', raising=False)
    requirements.restore_find_loader()
    assert mmcv_full_available() in (False, True)
    assert pkgutil.find_loader('mmcv.utils')
    assert not pkgutil.find_loader('mmcv.no_such_module')


def test_a_broken_import_is_one_sentence(monkeypatch):
    monkeypatch.setattr(requirements, 'IMPORTS', {'no_such_module': 'it must match torch'})
    with pytest.raises(
        ImportError,
        match='cpcl_mm needs no_such_module, which cannot be imported .*it must match torch',
    ):
        requirements.check_requirements()
