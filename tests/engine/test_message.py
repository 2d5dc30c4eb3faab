"""What every thread may import at any time must not pull torch in: two threads importing it at once see halves of it."""

import subprocess
import sys


def test_messages_need_no_torch() -> None:
    script = "import sys, safelight.engine.message, safelight.providers.local; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
