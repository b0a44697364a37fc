"""Relaxation times and proton densities of the tissues of the head at 3 T."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """One tissue, as people have it on average, and how far they differ.

    Parameters
    ----------
    t1, t1_deviation : float
        Longitudinal relaxation time in ms: mean and standard deviation between people.
    m0, m0_deviation : float
        Proton density relative to water: mean and standard deviation between people.
    t2star, t2star_deviation : float
        Effective transverse relaxation time in ms: mean and standard deviation between people.
    t1_smooth, t1_fine : float
        Relative standard deviation of T1 within a person, of a slow and of a fine variation.
    """

    t1: float
    t1_deviation: float
    m0: float
    m0_deviation: float
    t2star: float
    t2star_deviation: float
    t1_smooth: float
    t1_fine: float

    def of_person(self, rng: np.random.Generator) -> tuple[float, float, float]:
        """Draw one person's mean T1 (ms), M0 and T2* (ms), within two standard deviations."""
        a, b, c = np.clip(rng.standard_normal(3), -2, 2)
        return (
            self.t1 + float(a) * self.t1_deviation,
            self.m0 + float(b) * self.m0_deviation,
            self.t2star + float(c) * self.t2star_deviation,
        )


# T1 of CSF at 3 T 4309 +- 147 ms in the subarachnoid space (Magn Reson Med 2023;90:2411,
# PMC10696635). T1 of white matter 838 +- 50 ms, of cortex 1607 +- 112, of the putamen 1332 +- 68
# and of the head of the caudate 1395 +- 49, all from one method (Wright et al., MAGMA
# 2008;21:121-130), whose deviations are of four people and hold errors of measurement: between 40
# people that of a cortical region's T1 is 3.5 % (Choi et al., Cereb Cortex 2023;33:3562-3574).
# M0: water content 69.1 +- 1.7 % in white and 83.7 +- 1.2 % in grey matter, CSF as water
# (Oros-Peusquens et al., Front Neurol 2019;10:1333). That of deep grey matter lies between them
# as its 1/T1 does: 1/M0 is a line in 1/T1 (Fatouros and Marmarou, J Neurosurg 1999;90:109-115),
# through cortex and white matter here, which gives .80.
# T2*: 66.0 +- 1.4 ms cortex, 53.2 +- 1.2 white matter, 41.3 +- 2.3 caudate, means and standard
# errors (Peters et al., Magn Reson Imaging 2007;25:748-753), hence the larger deviations between
# people; that of CSF is long against every echo time here.
CSF = Tissue(
    t1=4300.0,
    t1_deviation=150.0,
    m0=1.0,
    m0_deviation=0.0,
    t2star=1000.0,
    t2star_deviation=100.0,
    t1_smooth=0.0,
    t1_fine=0.02,
)
CORTEX = Tissue(
    t1=1600.0,
    t1_deviation=55.0,
    m0=0.837,
    m0_deviation=0.012,
    t2star=66.0,
    t2star_deviation=4.0,
    t1_smooth=0.04,
    t1_fine=0.035,
)
WHITE_MATTER = Tissue(
    t1=835.0,
    t1_deviation=35.0,
    m0=0.691,
    m0_deviation=0.017,
    t2star=53.2,
    t2star_deviation=3.0,
    t1_smooth=0.03,
    t1_fine=0.03,
)
DEEP_GREY_MATTER = Tissue(
    t1=1340.0,
    t1_deviation=50.0,
    m0=0.80,
    m0_deviation=0.012,
    t2star=41.3,
    t2star_deviation=3.0,
    t1_smooth=0.04,
    t1_fine=0.03,
)
BRAIN = (CSF, CORTEX, WHITE_MATTER, DEEP_GREY_MATTER)  # in the order of anatomy.CLASSES

# T1 of subcutaneous fat 382 +- 13 ms, of muscle 898 +- 33, with T2 of 68 +- 4 and 29 +- 4 ms, the
# longest that T2* can be (de Bazelaire et al., Radiology 2004;230:652-659). Bone: the bound water
# that is most of it has T1 162 ms (Abbasi-Rad and Saligheh Rad, Radiology 2017;283:862-872); about
# a fifth of its volume is water, and its T2* is so short that it is dark at every echo time here
# (Ma et al., Front Endocrinol 2020;11:567417). Soft tissue has the water of the brain's grey
# matter, fat the protons of water: nobody scores what lies outside the brain.
BONE = Tissue(
    t1=162.0,
    t1_deviation=10.0,
    m0=0.2,
    m0_deviation=0.01,
    t2star=0.5,
    t2star_deviation=0.05,
    t1_smooth=0.0,
    t1_fine=0.05,
)
SOFT_TISSUE = Tissue(
    t1=898.0,
    t1_deviation=33.0,
    m0=0.8,
    m0_deviation=0.01,
    t2star=29.0,
    t2star_deviation=4.0,
    t1_smooth=0.05,
    t1_fine=0.1,
)
FAT = Tissue(
    t1=382.0,
    t1_deviation=13.0,
    m0=1.0,
    m0_deviation=0.02,
    t2star=68.0,
    t2star_deviation=4.0,
    t1_smooth=0.0,
    t1_fine=0.05,
)
AROUND = (BONE, SOFT_TISSUE, FAT)  # in the order of anatomy.SURROUNDINGS
