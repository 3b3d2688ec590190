"""The audit says why a grid is outside its band, and which reasons excuse it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from audited_town import audited, with_counts

from gridgis.partition.assignment import Proof
from gridgis.profiles import Band

# bands and their reasons


def test_a_building_larger_than_a_grid_explains_itself():
    buildings = with_counts("ab", households=[900.0, 350.0])
    certificate = audited("ab", buildings=buildings, households=Band(300, 500))
    assert certificate.holds
    (found,) = certificate.explanations
    assert (found.source, found.proven, found.buildings) == ("audit", True, ("b0",))
    alone = "building b0 alone has 900 households, more than the 500 households of a whole grid"
    assert found.reason == f"grid 001 has 900 households: {alone}"
    assert "网格001有900户：仅建筑b0就有900户" in found.reason_zh
    assert certificate.summary().endswith("1 of 2 within the band, 1 explained.")
    assert certificate.summary("zh").endswith("1个户数达标，1个已说明原因。")


def test_a_large_building_does_not_excuse_what_could_be_a_grid_of_its_own():
    buildings = with_counts("aab", households=[900.0, 300.0, 350.0])
    certificate = audited("aab", buildings=buildings, households=Band(300, 500))
    assert not certificate.holds
    assert certificate.explanations[0].source == "none"
    buildings = with_counts("aab", households=[900.0, 299.0, 350.0])
    assert audited("aab", buildings=buildings, households=Band(300, 500)).holds


def test_a_jurisdiction_smaller_than_a_grid_explains_itself():
    certificate = audited("aa", households=Band(300, 500))
    assert certificate.holds
    assert (
        "the whole jurisdiction has 20 households, fewer than the 300 households of one grid"
        in certificate.explanations[0].reason
    )


PROOF = Proof(
    grid=1,
    rule="households",
    reason="units 3 and 4 are enclosed",
    reason_zh="单元3、4被包围",
    remedy="merge",
    remedy_zh="合并",
    units=(3, 4),
)


def test_a_proven_reason_of_the_partition_counts_and_an_unproven_one_is_only_told():
    picture, options = "aaab\naaab", {"households": Band(30, 40)}
    buildings = with_counts(picture, households=[5, 5, 10, 10, 5, 5, 0, 0])
    over = audited(picture, buildings=buildings, **options)
    assert [e.source for e in over.explanations] == ["none"]
    proven = audited(picture, buildings=buildings, proofs=[PROOF], **options)
    assert proven.holds and proven.explanations[0].units == (3, 4)
    assert proven.explanations[0].source == "search"
    unproven = audited(picture, buildings=buildings, proofs=[replace(PROOF, proven=False)], **options)
    assert not unproven.holds
    assert unproven.faults == [f"grid 002: {PROOF.reason}"] and unproven.faults_zh == [f"网格002：{PROOF.reason_zh}"]


def test_a_proof_explains_only_its_grid_and_rule():
    picture = "aaab\naaab"
    buildings = with_counts(picture, households=[5, 5, 10, 10, 5, 5, 0, 0])
    for wrong in (replace(PROOF, grid=0), replace(PROOF, rule="population")):
        assert not audited(picture, buildings=buildings, proofs=[wrong], households=Band(30, 40)).holds
    whole = replace(PROOF, grid=None)
    assert audited(picture, buildings=buildings, proofs=[whole], households=Band(30, 40)).holds


def test_both_bands_must_be_explained():
    buildings = with_counts("ab", households=[900.0, 350.0], population=[900.0, 1200.0])
    certificate = audited("ab", buildings=buildings, households=Band(300, 500), population=Band(1000, 1500))
    assert not certificate.holds
    assert list(certificate.rows["explained"]) == [False, False]
    assert [(e.rule, e.proven) for e in certificate.explanations] == [("households", True), ("population", False)]


def test_unknown_counts_are_told():
    buildings = with_counts("ab", households=[np.nan, 350.0])
    certificate = audited("ab", buildings=buildings, households=Band(0, 500))
    assert certificate.notes == ("buildings that do not say how many households they have were counted with none: 1",)
    assert certificate.notes_zh == ("1栋建筑没有户数，按0计",)
