"""What benchmarks share lies beside them, and they import it by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / 'tools' / 'benchmarks'))
