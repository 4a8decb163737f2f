"""Where the benchmark keeps models and environments between runs."""

import os
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sentimentmodel" / "bench-serving"
