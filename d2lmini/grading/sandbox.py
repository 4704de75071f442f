"""The front door of the sandbox: all that a grader needs to run a stranger's code.

===============  ==============================================================================
``preflight``    why this machine cannot grade, as a sentence, or None
``Sandbox``      one kernel behind a wall: ``run`` a cell, ``call`` with arrays, ``close``
``Stopped``      it ended, or used too much; the text says what
``Limits``       how much it may use
``read_npz``     plain arrays from a file that a stranger wrote
===============  ==============================================================================
"""

from d2lmini.grading.kernel import Sandbox
from d2lmini.grading.letters import Arrays, read_npz
from d2lmini.grading.limits import Limits
from d2lmini.grading.preflight import preflight
from d2lmini.grading.room import Stopped

__all__ = ["Arrays", "Limits", "Sandbox", "Stopped", "preflight", "read_npz"]
