from types import SimpleNamespace

from torch import nn

from cpcl_mm.engine.bare_model import bare_model


def test_a_wrapper_is_taken_off_and_a_model_stays():
    model = nn.Linear(2, 2)
    for one in (model, nn.DataParallel(model)):
        assert bare_model(SimpleNamespace(model=one)) is model
