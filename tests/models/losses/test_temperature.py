import pytest
import torch

from cpcl_mm.models.losses import Temperature


def test_a_fixed_temperature_divides_and_has_no_parameter():
    temperature = Temperature(0.5)
    assert temperature(torch.tensor([1.0, -2.0])).tolist() == [2.0, -4.0]
    assert list(temperature.parameters()) == []


def test_a_learnable_temperature_starts_at_its_value_and_gets_a_gradient():
    temperature = Temperature(0.5, learnable=True)
    out = temperature(torch.tensor(1.0))
    out.backward()
    assert out.item() == pytest.approx(2.0)
    assert temperature.log_scale.grad.item() == pytest.approx(2.0)


def test_a_learnable_temperature_stays_above_a_hundredth():
    assert Temperature(1e-4, learnable=True)(torch.tensor(1.0)).item() == pytest.approx(100)


@pytest.mark.parametrize('value', [0, -0.1])
def test_a_temperature_must_be_positive(value):
    with pytest.raises(ValueError, match=str(value)):
        Temperature(value)
