"""d2lmini: the small package behind an executable course on convolutional networks.

Modules, each importing only from those above it:

==============  =====================================================================
``ops``         tensor functions written to be read, and their fast twins
``scenes``      pictures and signals made by program
``digits``      digits drawn by program, where a task needs some
``layers``      modules built from ops
``nets``        LeNet and the multilayer perceptrons it is compared with
``download``    a file from a mirror: checked, whole or not at all
``sources``     where Fashion-MNIST may lie, and what it must be
``data``        Fashion-MNIST: found, verified, held in memory as uint8
``train``       ``fit``, ``evaluate`` and the record that they return
``records``     stored runs of long trainings
``weights``     the stored weights of LeNet, for the explorer that runs it
``draw``        matplotlib figures from arrays and records
``widgets``     what explorers and questions have in common: traits, page, kernel
``explore``     sliders over any figure
``explorers``   the ten explorers, one module each
``exercises``   questions and tasks, one record each; ``quiz`` and ``check``
``grading``     for instructors: strangers' notebooks in a sandbox, and their points
==============  =====================================================================

``import d2lmini`` itself loads none of them, so that it costs nothing.
"""

__version__ = "0.1.0"
