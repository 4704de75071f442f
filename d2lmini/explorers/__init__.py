"""The ten explorers of the course, one class and one module each.

An explorer runs in two homes: on the static site, where its script computes, and with a kernel,
where its traits are live in both directions.
"""

from .channels import Channels
from .conv_matrix import ConvMatrix
from .conv_shape import ConvShape
from .conv_step import ConvStep
from .kernel_lab import KernelLab
from .learn import Learn
from .lenet import LeNetLive
from .pool import Pool
from .receptive_field import ReceptiveField
from .why_conv import WhyConv

__all__ = [
    "Channels",
    "ConvMatrix",
    "ConvShape",
    "ConvStep",
    "KernelLab",
    "LeNetLive",
    "Learn",
    "Pool",
    "ReceptiveField",
    "WhyConv",
]
