"""Any thread may import what is told: two threads that import torch at once see halves of it."""

import subprocess
import sys


def test_messages_need_no_torch() -> None:
    script = "import sys, safelight.engine.message, safelight.providers.local; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
