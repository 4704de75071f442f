"""d2lmini: the small package behind an executable course on convolutional networks.

Modules, each importing only from those above it:

==============  =====================================================================
``ops``         tensor functions written to be read, and their fast twins
``layers``      modules built from ops
``nets``        LeNet and the multilayer perceptrons it is compared with
``data``        Fashion-MNIST: found, verified, held in memory as uint8
``train``       ``fit``, ``evaluate`` and the record that they return
``draw``        matplotlib figures from arrays and records
``widgets``     the explorers
``explore``     sliders over any figure
==============  =====================================================================

``import d2lmini`` itself loads none of them, so that it costs nothing.
"""

__version__ = "0.1.0"
