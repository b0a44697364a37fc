"""What a label of an anatomical map stands for: names and numbers to classes of tissue."""

import re

BACKGROUND = "BG"
# BIDS, common image-derived labels: what the column `mapping` of a lookup table may hold. A lesion
# (7) and a whole cerebellum (11) are of no one tissue.
BIDS_CLASSES = {
    0: BACKGROUND,
    1: "CGM",
    2: "WM",
    3: "CSF",
    4: "B",
    5: "ST",
    6: "ST",
    8: "CGM",
    9: "SGM",
    10: "WM",
}

# The first that fits a name decides, so that `temporal horn` is fluid and `temporal pole` cortex.
# Names are those of FreeSurfer, Neuromorphometrics, Desikan-Killiany-Tourville and BrainWeb.
_PATTERNS = (
    (BACKGROUND, r"background|unknown|air|outside|bg"),
    (
        "CSF",
        r"cerebrospinal( fluid)?|.*\b(ventricles?|vent|choroid|horn|cisterns?|vessels?|csf)\b.*",
    ),
    (
        "WM",
        r"wm|wm .*|.*white ?matter.*|cc (anterior|mid .*|central|posterior)|"
        r".*\b(hypointensities|callosum|fornix|capsule|brain ?stem|pons|midbrain|medulla|chiasm|"
        r"ventral ?dc|peduncles?)\b.*",
    ),
    (
        "SGM",
        r"sgm|.*\b(thalamus|caudate|putamen|pallidum|accumbens|striatum|basal ganglia|"
        r"basal forebrain|subthalamic|substantia nigra|red nucleus|"
        r"(sub ?cortical|deep) gr[ae]y( matter)?)\b.*",
    ),
    ("FAT", r".*\b(fat|adipose|marrow)\b.*"),
    ("B", r"b|.*\b(bones?|skull)\b.*"),
    (
        "ST",
        r"st|nb|.*\b(soft tissue|scalp|skin|muscles?|dura|connective|eyes?|eyeball|mucosa|sinus|"
        r"non brain|extracerebral|extra cerebral)\b.*",
    ),
    (
        "CGM",
        r"gm|cgm|(ctx|cortex) .*|.*\b(gr[ae]y matter|cortex|cortical|gyrus|gyri|lobules?|"
        r"operculum|insula|pole|planum|(pre)?cuneus|hippocampus|amygdala|verm(is|al)|cingulate|"
        r"entorhinal|parahippocampal|exterior|lobe|frontal|parietal|temporal|occipital|"
        r"orbitofrontal|fusiform|lingual|pars|supramarginal|"
        r"(pre|post|para)central|pericalcarine)\b.*",
    ),
)
_COMPILED = tuple((code, re.compile(pattern)) for code, pattern in _PATTERNS)


def class_of_name(name: str) -> str | None:
    """Return the class of tissue that an anatomical name stands for.

    Parameters
    ----------
    name : str
        Of FreeSurfer, BIDS, Neuromorphometrics or BrainWeb, in any case.

    Returns
    -------
    str or None
        One of `anatomy.CLASSES` and `anatomy.SURROUNDINGS`, or `BACKGROUND`; None where the name
        says no one tissue.

    Examples
    --------
    >>> class_of_name("Left-Thalamus-Proper"), class_of_name("ctx-rh-precuneus")
    ('SGM', 'CGM')
    >>> class_of_name("Left-Inf-Lat-Vent"), class_of_name("Brain-Stem"), class_of_name("Skull")
    ('CSF', 'WM', 'B')
    """
    words = " ".join(re.split(r"[\s_\-/.,]+", name.strip().lower())).strip()
    return next((code for code, pattern in _COMPILED if pattern.fullmatch(words)), None)
