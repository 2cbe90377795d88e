"""What a config costs: parameters, operations, speed, memory, time of an epoch."""

from .analysis import Efficiency, analyze_efficiency
from .made_up_data import MadeUpItems, label_at_random
from .memory_watch import MemoryWatch
from .person_features import person_features
from .report import to_dict, to_text
from .timing import device_name, peak_memory, seconds_per_call

__all__ = [
    'Efficiency',
    'MadeUpItems',
    'MemoryWatch',
    'analyze_efficiency',
    'device_name',
    'label_at_random',
    'peak_memory',
    'person_features',
    'seconds_per_call',
    'to_dict',
    'to_text',
]
