"""The words under the figures of reliability."""

from ..figures.captioned_figure import Caption
from ..run.run_view import RunView


def volume_dots(view: RunView, split: str) -> Caption:
    """Words for the correlations of volumes."""
    return Caption(
        name=f"reliability-volumes-{split}",
        title=f"Agreement of volumes over scanners, {split} subjects",
        look=(
            "A method that helps a volume study has its diamond right of that of no "
            "harmonization. With few people the lines are long: a distance within them may be "
            "chance."
        ),
        how=(
            "ICC(2,1) of people’s volumes over all scanners: small points one target scanner each "
            f"(at most six) with its {view.coverage} interval, diamonds their mean. The volumes of "
            "a target are those of its own scan and of the images harmonized to it; before: of the "
            "scans as they are."
        ),
        split=split,
    )


def accuracy_dots(view: RunView, split: str) -> Caption:
    """Words for the accuracies of the classifier."""
    return Caption(
        name=f"reliability-scanners-{split}",
        title=f"How often the scanner is told, {split} subjects",
        look=(
            "At the dashed line the classifier guesses. With three scanners or more, a method that "
            "makes all sources alike but not like the target stays above it: the scan on the "
            "target still shows."
        ),
        how=(
            "Share of right answers about people who were not learned from; small points one "
            "target scanner each, diamonds all of them. A classifier of its own for every method "
            "and target."
        ),
        split=split,
    )


def loss_scatter(view: RunView, split: str) -> Caption:
    """Words for estimated over known losses."""
    return Caption(
        name=f"reliability-atrophy-{split}",
        title=f"Known and estimated loss of grey matter, {split} subjects",
        look=(
            "On the dashed line a loss is recovered. A flat cloud can be a method "
            "that paints average brains; a wide one at zero is losses where there are none."
        ),
        how=(
            "Small points: one person and direction; diamonds: a person’s mean over directions. "
            "Estimated against people without loss who were scanned on the target scanner, with "
            "the truth of the simulation; the table has the formula."
        ),
        split=split,
    )
