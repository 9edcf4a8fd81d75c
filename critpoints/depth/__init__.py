"""Signal and gradient through many layers: powers of one matrix, and products of random ones."""

from critpoints.depth.power import Signal, diagonal, layered, power, records, spectral, squaring
from critpoints.depth.product import COLUMNS, RandomProduct
from critpoints.depth.runs import ProductRuns
from critpoints.depth.wide import Wide
from critpoints.refs import Entry

PRODUCTS = {
    "ginibre": Entry(RandomProduct, {"product": "ginibre"}),
    "orthogonal": Entry(RandomProduct, {"product": "orthogonal"}),
    "he-relu": Entry(RandomProduct, {"product": "he", "activation": "relu"}),
    "he": Entry(RandomProduct, {"product": "he"}),
    "spectral": Entry(RandomProduct, {"product": "spectral"}),
}
"""Names of the random products in references; ``n``, the number of layers, is a key."""

__all__ = [
    "COLUMNS",
    "PRODUCTS",
    "ProductRuns",
    "RandomProduct",
    "Signal",
    "Wide",
    "diagonal",
    "layered",
    "power",
    "records",
    "spectral",
    "squaring",
]
