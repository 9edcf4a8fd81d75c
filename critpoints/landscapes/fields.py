"""Isotropic Gaussian fields as sums of random waves: in a box, or in a parabolic well."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, field

import numpy as np

from critpoints.domains import Box, Domain, Euclidean
from critpoints.landscapes.trigonometric import TrigonometricSum
from critpoints.protocols import FloatArray, RandomField
from critpoints.seeding import stream
from critpoints.validation import choice, integer, real

COVARIANCES = ("squared-exponential", "matern", "rational-quadratic", "plane-wave")


@dataclass(frozen=True, eq=False)
class GaussianWaves(RandomField):
    r"""Waves of given wave vectors with random amplitudes: a Gaussian field.

    .. math:: f(x) = \tfrac\mu2|x|^2 + V(x), \quad
        V(x) = \frac{s}{\sqrt M}\sum_m a_m\cos(k_m\cdot x) + b_m\sin(k_m\cdot x)

    with independent standard normals a, b, so that V is stationary and Gaussian with covariance
    :math:`(s^2/M)\sum_m\cos(k_m\cdot(x-y))`. Only the amplitudes are drawn by :meth:`sample`.

    Parameters
    ----------
    on : Domain
        A box, or all of space if ``curvature`` is positive. The functions drawn on all of space
        live on a box each, outside which they have no critical point.
    waves : ndarray, shape (M, dim)
    deviation : float
        s, the standard deviation of V.
    curvature : float
        μ.
    """

    on: Domain
    waves: FloatArray
    deviation: float = 1.0
    curvature: float = 0.0
    dim: int = field(init=False)

    population = "critical points of a Gaussian field of given waves"

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", self.on.dim)
        waves = np.array(self.waves, dtype=float)
        if waves.ndim != 2 or waves.shape[1] != self.dim or not len(waves):
            raise ValueError(f"waves must have shape (M, {self.dim}), got {waves.shape}")
        waves.flags.writeable = False
        object.__setattr__(self, "waves", waves)
        object.__setattr__(self, "deviation", real("deviation", self.deviation, above=0))
        object.__setattr__(self, "curvature", real("curvature", self.curvature, at_least=0))
        if math.isinf(self.on.volume) and not self.curvature:
            raise ValueError("curvature must be > 0 on all of space, got 0")

    @property
    def domain(self) -> Domain:
        return self.on

    def moments(self) -> tuple[FloatArray, FloatArray]:
        r"""Second and fourth spectral moments given the waves: shapes (d, d) and (d, d, d, d).

        :math:`E\,\partial_iV\,\partial_jV = (s^2/M)\sum_m k_ik_j = -E\,V\,\partial_{ij}V` and
        :math:`E\,\partial_{ij}V\,\partial_{kl}V = (s^2/M)\sum_m k_ik_jk_kk_l`, sums over the
        components of each wave vector. A Kac-Rice formula for these waves needs nothing else.
        """
        pairs = np.einsum("mi,mj->mij", self.waves, self.waves)
        weight = self.deviation**2 / len(self.waves)
        return weight * pairs.sum(axis=0), weight * np.einsum("mij,mkl->ijkl", pairs, pairs)

    def sample(self, rng: np.random.Generator) -> TrigonometricSum:
        """Draw the amplitudes."""
        scale = self.deviation / math.sqrt(len(self.waves))
        cosine, sine = scale * rng.standard_normal((2, len(self.waves)))
        on = self.on
        if math.isinf(on.volume):
            on = _well(self.waves, np.hypot(cosine, sine), self.curvature)
        return TrigonometricSum(on, self.waves, cosine, sine, self.curvature)


@dataclass(frozen=True)
class _Isotropic(RandomField):
    """What the fields below share: a covariance, and wave vectors drawn from its spectrum."""

    dim: int
    covariance: str = "squared-exponential"
    modes: int = 128
    length: float = 1.0
    nu: float = 3.0
    alpha: float = 1.0
    wavenumber: float = 1.0
    waves: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "waves", integer("waves", self.waves, low=0))
        choice("covariance", self.covariance, COVARIANCES)
        object.__setattr__(self, "modes", integer("modes", self.modes, low=1))
        for name in ("length", "alpha", "wavenumber"):
            object.__setattr__(self, name, real(name, getattr(self, name), above=0))
        object.__setattr__(self, "nu", real("nu", self.nu, above=2))

    def derivatives(self) -> tuple[float, float]:
        r""":math:`\rho'(0) = -E k_1^2/2` and :math:`\rho''(0) = E k_1^4/12`, k of the spectrum."""
        d, nu, square = self.dim, self.nu, self.length**-2
        found = {
            "squared-exponential": (0.5 * square, 0.25 * square**2),
            "matern": (
                0.5 * square * nu / (nu - 1),
                0.25 * square**2 * nu**2 / ((nu - 1) * (nu - 2)),
            ),
            "rational-quadratic": (0.5 * square, 0.25 * square**2 * (1 + 1 / self.alpha)),
            "plane-wave": (
                self.wavenumber**2 / (2 * d),
                self.wavenumber**4 / (4 * d * (d + 2)),
            ),
        }
        first, second = found[self.covariance]
        return -first, second

    def _draw_waves(self, rng: np.random.Generator) -> FloatArray:
        """Wave vectors from the spectral measure: shape (modes, dim).

        Normal with covariance I/ℓ²; times an independent factor, the root of the inverse of
        χ²(2ν)/2ν (Matérn) or of a gamma variable of mean 1 (rational quadratic); on a sphere.
        """
        normal = rng.standard_normal((self.modes, self.dim))
        if self.covariance == "plane-wave":
            normal /= np.linalg.norm(normal, axis=1, keepdims=True)
            return self.wavenumber * normal
        factor = np.ones((self.modes, 1))
        if self.covariance == "matern":
            factor = self.nu / rng.gamma(self.nu, size=(self.modes, 1))
        if self.covariance == "rational-quadratic":
            factor = rng.gamma(self.alpha, size=(self.modes, 1)) / self.alpha
        found: FloatArray = normal * np.sqrt(factor) / self.length
        return found

    @abstractmethod
    def given_waves(self, rng: np.random.Generator) -> GaussianWaves:
        """Draw the wave vectors: the law of what is left is Gaussian."""

    def fixed_waves(self) -> GaussianWaves:
        """The Gaussian law of the functions that share set number ``waves`` of wave vectors.

        Raises
        ------
        ValueError
            If ``waves`` is 0: then every function draws its own.
        """
        if not self.waves:
            raise ValueError("waves must be at least 1 for a fixed set, got 0")
        return self.given_waves(stream(f"waves of {self.covariance}", self.waves))

    def sample(self, rng: np.random.Generator) -> TrigonometricSum:
        """Draw wave vectors, unless a set is fixed, then amplitudes."""
        law = self.fixed_waves() if self.waves else self.given_waves(rng)
        return law.sample(rng)


@dataclass(frozen=True)
class FourierField(_Isotropic):
    r"""An isotropic field of variance 1 in a box, as a sum of random waves.

    :math:`\mathrm{Cov} = \rho(|x-y|^2)`, :math:`\rho(0)=1`, exactly; given the wave vectors, which
    are drawn from the spectrum of ρ, the field is Gaussian, and so it is as M grows. Expected
    numbers of critical points differ from those of the Gaussian field by O(1/M). To compare with
    Kac-Rice at finite M, fix the waves (``waves=1``) and use the moments of :meth:`fixed_waves`.

    Parameters
    ----------
    dim : int
    covariance : {"squared-exponential", "matern", "rational-quadratic", "plane-wave"}
        :math:`e^{-r^2/2\ell^2}`; Matérn's of smoothness ν;
        :math:`(1+r^2/2\alpha\ell^2)^{-\alpha}`; waves of one wavenumber.
    modes : int
        M.
    length : float
        ℓ, of the first three.
    nu : float
        ν > 2 (Matérn), so that the Hessian has a variance.
    alpha : float
        α (rational quadratic).
    wavenumber : float
        Of plane waves.
    waves : int
        0 draws wave vectors anew for every function; k > 0 gives all functions set number k.
    side : float
        The box is [0, side]^dim.

    References
    ----------
    Rahimi & Recht (2007), NIPS 20. Rasmussen & Williams (2006), Gaussian Processes for Machine
    Learning, chapter 4.
    """

    side: float = 5.0

    population = "critical points of an isotropic field in a box"
    name = "fourier"
    version = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "side", real("side", self.side, above=0))

    @property
    def domain(self) -> Box:
        return Box(self.dim, 0.0, self.side)

    def given_waves(self, rng: np.random.Generator) -> GaussianWaves:
        """Draw the wave vectors: the law of what is left is Gaussian."""
        return GaussianWaves(self.domain, self._draw_waves(rng))


@dataclass(frozen=True)
class ConfinedField(_Isotropic):
    r"""An isotropic field in a parabolic well.

    .. math:: \tfrac\mu2|x|^2 + V(x),\quad \mathrm{Cov}\,V = N f(|x-y|^2/2N),\quad
        m = \mu/\sqrt{f''(0)}

    with N = ``dim`` and :math:`f(q) = \rho(2q)`, ρ the covariance as for :class:`FourierField`,
    so that :math:`f''(0) = 4\rho''(0)`. Above m = 1 one minimum is left in high dimension.

    A function drawn lives on a box that holds all its critical points in :math:`R^N`: where the
    gradient vanishes, :math:`\mu|x_i| = |\partial_iV| \le \sum_m \sqrt{a_m^2+b_m^2}\,|k_{m,i}|`.
    On the boundary of the box the gradient points outwards, so the Euler sum is 1.

    Parameters
    ----------
    dim : int
    covariance, modes, length, nu, alpha, wavenumber, waves
        As for :class:`FourierField`.
    mass : float
        m, positive.

    References
    ----------
    Fyodorov (2004), PRL 92, 240601; Fyodorov & Nadal (2012), PRL 109, 167203.
    """

    mass: float = 0.5

    population = "critical points of a confined isotropic field"
    name = "confined-field"
    version = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "mass", real("mass", self.mass, above=0))

    @property
    def curvature(self) -> float:
        r"""μ = :math:`2m\sqrt{\rho''(0)}`."""
        return 2 * self.mass * math.sqrt(self.derivatives()[1])

    @property
    def domain(self) -> Euclidean:
        r"""All of space; searches start within twice the root mean square of :math:`|∇V|/\mu`."""
        slope = math.sqrt(-2 * self.derivatives()[0] * self.dim)
        return Euclidean(self.dim, 2 * slope / self.curvature)

    def given_waves(self, rng: np.random.Generator) -> GaussianWaves:
        """Draw the wave vectors: the law of what is left is Gaussian."""
        root = math.sqrt(self.dim)
        return GaussianWaves(self.domain, self._draw_waves(rng) / root, root, self.curvature)


def _well(waves: FloatArray, amplitude: FloatArray, curvature: float) -> Box:
    """The box outside which the parabola is steeper than the waves can be."""
    ends = amplitude @ np.abs(waves) / curvature * (1 + 1e-9)
    return Box(waves.shape[1], tuple(-ends), tuple(ends))
