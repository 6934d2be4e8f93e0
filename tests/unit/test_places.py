"""Another municipality is recognised, and Copenhagen's own streets and citizens are not taken for one."""

from pathlib import Path

import pytest
import yaml

from knowledge import places
from knowledge.errors import DataError
from knowledge.places import other_municipality_named

GAZETTEER = yaml.safe_load((Path(places.__file__).parent / "places.yml").read_text(encoding="utf-8"))


def test_the_gazetteer_knows_every_municipality_but_copenhagen():
    assert len(GAZETTEER["municipalities"]) == 97
    assert not {"København", "Københavns Kommune"} & set(GAZETTEER["municipalities"])


@pytest.mark.parametrize("name", sorted(GAZETTEER["municipalities"]))
def test_each_municipality_is_recognised_by_its_name_and_kommune(name):
    assert other_municipality_named(f"Hvordan søger jeg i {name} Kommune?") == name


def test_every_strict_name_is_in_the_gazetteer():
    known = set(GAZETTEER["municipalities"]) | {t for towns in GAZETTEER["municipalities"].values() for t in towns}
    assert set(GAZETTEER["strict"]) <= known


NAMED = [
    ("hvad koster et pas i Aarhus", "Aarhus"),
    ("hvad koster et pas i Århus", "Aarhus"),
    ("hvad koster et pas i aarhus", "Aarhus"),
    ("affald i Hellerup", "Gentofte"),
    ("jeg bor i Gentofte, hvor afleverer jeg haveaffald", "Gentofte"),
    ("Frederiksbergs regler for hunde", "Frederiksberg"),
    ("parking in Malmö", "Malmö"),
    ("Ringe Kommune, hvor er i", "Faaborg-Midtfyn"),
    ("jeg bor i Greve", "Greve"),
    ("I live in Roskilde, where do I vote", "Roskilde"),
    ("Tårnby kommune har hentet mit affald, jeg arbejder i København", "Tårnby"),
]


@pytest.mark.parametrize(("text", "place"), NAMED)
def test_another_municipality_is_named(text, place):
    assert other_municipality_named(text) == place


OURS = [
    "jeg flytter fra Aarhus til jer",
    "jeg er lige flyttet fra Odense",
    "jeg boede i Esbjerg før",
    "I am moving from Aalborg",
    "jeg arbejder i Roskilde",
    "jeg bor på Roskildevej",
    "hul i vejen på Frederiksberg Allé",
    "træ på Frederikssundsvej",
    "Hellerupvej er spærret",
    "Valby Langgade",
    "kan jeg ringe til jer",  # Ringe
    "vejen er fuld af huller",  # Vejen
    "en greve og en baron",
    "hvornår lukker Ringsted",  # strict without kommune
    "min datter i Aarhus vil hjælpe mig, jeg bor på Nørrebro",
    "hvad koster et pas i København",
    "pas",
    "",
]


@pytest.mark.parametrize("text", OURS)
def test_what_is_ours_is_not_taken_for_another_municipality(text):
    assert other_municipality_named(text) is None


def test_a_malformed_gazetteer_is_told(tmp_path):
    path = tmp_path / "places.yml"
    path.write_text("municipalities: []", encoding="utf-8")
    with pytest.raises(DataError, match=r"places\.yml"):
        places._Gazetteer(path)
