"""What reaches a prompt of an article: its garment, count, fabric, details and what it does."""

import pytest

from pipeline.article import Article
from pipeline.writing.facts import ArticleFacts, facts_of
from pipeline.writing.fallback import fallback, told_details, wish_of


def article(product_type: str, colour: str, description: str) -> Article:
    return Article(
        id="1",
        product_code="1",
        name="X1 sp",
        product_type=product_type,
        colour=colour,
        description=description,
    )


def facts(product_type: str, colour: str, description: str) -> ArticleFacts:
    return facts_of(article(product_type, colour, description))


@pytest.mark.parametrize(
    ("described", "coloured"),
    [
        ("Set of four narrow hair clips in plastic.", "four narrow red hair clips"),
        ("Three pairs of stud earrings in metal.", "three pairs of red stud earrings"),
        ("Pair of narrow hair clips in metal.", "narrow red hair clips"),
        ("Long johns in soft jersey.", "red long johns"),
        ("Coat for dogs in waterproof fabric.", "red dog coat"),
        ("Dog jacket in soft fleece.", "red dog jacket"),
        ("Long drop earrings in metal.", "long red drop earrings"),
        ("Light sun hat in a cotton weave.", "lightweight red sun hat"),
    ],
)
def test_a_garment_is_named_as_people_name_it(described: str, coloured: str) -> None:
    assert facts("Other accessories", "Red", described).coloured == coloured


@pytest.mark.parametrize(
    ("described", "coloured", "fabric"),
    [
        ("Dress in satin with a V-neck.", "red satin dress", ""),
        ("Boots in imitation leather with a side zip.", "red imitation leather boots", ""),
        ("Heeled sandals in leather with narrow straps.", "red heeled sandals", "leather"),
        ("Satin dress in satin with a V-neck.", "red satin dress", ""),
        ("Soft hat in soft cotton canvas with a stitched brim.", "soft red hat", "cotton canvas"),
        ("Jumper in a soft knit with a V-neck.", "red jumper", "a soft knit"),
        ("Sweatshirt in sweatshirt fabric with a V-neck.", "red sweatshirt", ""),
        ("Dress in satin.", "red dress", "satin"),
    ],
)
def test_a_plain_material_stands_before_the_garment_and_nothing_is_said_twice(
    described: str, coloured: str, fabric: str
) -> None:
    found = facts("Dress", "Red", described)
    assert (found.coloured, found.fabric) == (coloured, fabric)


@pytest.mark.parametrize(
    "described",
    [
        "Jacket for running and training in windproof functional fabric, with a hood.",
        "Jacket for rainy days in windproof functional fabric, with a hood.",
        "Jacket in windproof functional fabric that folds into a bag, with a hood.",
    ],
)
def test_the_fabric_is_found_behind_a_purpose_and_before_a_deed(described: str) -> None:
    found = facts("Jacket", "Red", described)
    assert found.fabric == "windproof functional fabric"
    assert found.details == ("a hood",)


@pytest.mark.parametrize(
    ("described", "remark"),
    [
        ("Belt in leather. Width 3 cm, for trousers.", "3 cm wide"),
        ("Bracelet in metal. Length 16-19 cm.", "16-19 cm long"),
    ],
)
def test_how_wide_it_is_is_said_of_the_whole(described: str, remark: str) -> None:
    found = facts("Other accessories", "Red", described)
    assert (found.details, found.remarks) == ((), (remark,))
    item = article("Other accessories", "Red", described)
    assert f" is {remark}" in fallback(item, "")


def test_pyjamas_are_not_said_to_have_a_top_and_bottoms() -> None:
    found = facts("Pyjama set", "Red", "Pyjamas with a top and bottoms in soft satin.")
    assert (found.coloured, found.fabric, found.details) == ("red pyjamas", "soft satin", ())


def test_what_a_costume_does_is_its_fact() -> None:
    found = facts(
        "Costumes", "Yellow", "Costume in fabric that turns a child into a bee, with a hood."
    )
    assert found.does == "turns a child into a bee"
    assert "turns a child into a bee" in fallback(
        article("Costumes", "Yellow", "Costume in soft fleece that turns a child into a bee."), ""
    )


@pytest.mark.parametrize(
    ("described", "detail"),
    [
        ("Watch in metal. Diameter of face 2.8 cm.", "a face diameter of 2.8 cm"),
        (
            "Tee in jersey with a strawberry on the front, in a raised print.",
            "a strawberry on the front",
        ),
        ("Necklace in metal. Adjustable length, 38-45 cm.", "an adjustable length of 38-45 cm"),
        ("Boots in leather with loops front and back.", "loops at the front and back"),
        ("Shoes in canvas with hook and loop tabs.", "hook and loop tabs"),
        (
            "Top in jersey. Trim down the sleeves and at the hem.",
            "a trim down the sleeves and at the hem",
        ),
        ("Playsuit in chiffon with short, wide legs for summer.", "short, wide legs"),
        ("Jeans in denim with front and back pockets.", "front and back pockets"),
        ("Mittens in a soft knit. Jersey lining.", "a jersey lining"),
        ("Jumper in wool with tiny studs all over the front.", "tiny studs all over the front"),
        ("T-shirt in jersey with a text in sequins.", "text in sequins"),
        (
            "Dress in jersey with a top with space for pads and elastication at the hem.",
            "a top with space for pads and elastication at the hem",
        ),
    ],
)
def test_details_are_whole_phrases(described: str, detail: str) -> None:
    assert facts("Other accessories", "Red", described).details == (detail,)


@pytest.mark.parametrize(
    ("described", "details"),
    [
        (
            "Backpack in nylon with a handle at the top, padded, adjustable shoulder straps.",
            ("a handle at the top", "padded, adjustable shoulder straps"),
        ),
        (
            "Body in lace with a low back, underwired, padded cups and a square neckline.",
            ("a low back", "underwired, padded cups", "a square neckline"),
        ),
        (
            "Blazer in wool with flap front pockets and a single back vent.",
            ("flap front pockets", "a single back vent"),
        ),
        ("Hat in a soft knit with a fold-up hem. Covers the ears.", ("a fold-up hem",)),
        ("Dress in jersey with long sleeves. A light dress for summer.", ("long sleeves",)),
    ],
)
def test_two_details_are_two_and_a_sentence_is_none(
    described: str, details: tuple[str, ...]
) -> None:
    assert facts("Other accessories", "Red", described).details == details


def test_a_hood_that_is_lined_is_no_remark_on_the_whole() -> None:
    assert facts("Jacket", "Red", "Jacket in twill with side pockets. Lined hood.").remarks == ()
    assert facts("Jacket", "Red", "Jacket in twill with side pockets. Lined.").remarks == ()
    remarked = facts("Jacket", "Red", "Jacket in twill. Slightly longer at the back.")
    assert remarked.remarks == ("slightly longer at the back",)


BAG = facts(
    "Bag",
    "Black",
    "Bucket bag in leather with a drawstring at the top, an inner pocket and a shoulder strap.",
)


def test_what_was_asked_for_comes_first_however_dull_and_in_other_words() -> None:
    assert told_details(BAG, "bag with the inside pocket")[0] == "an inner pocket"
    assert told_details(BAG, "a bag with a strap")[0] == "a shoulder strap"
    assert told_details(BAG, "a bag with the best of all")[0] == "a drawstring at the top"


@pytest.mark.parametrize(
    ("request_", "occasion", "person"),
    [
        ("a dress for my little daughter", "", "your little daughter"),
        ("socks for my dog, for winter", "winter", "your dog"),
        ("a dress for a wedding", "a wedding", ""),
        ("a dress for obeying my orders", "", ""),
    ],
)
def test_a_wish_names_an_occasion_or_a_person(request_: str, occasion: str, person: str) -> None:
    wish = wish_of(request_)
    assert (wish.occasion, wish.person) == (occasion, person)


@pytest.mark.parametrize(
    ("described", "details"),
    [
        ("Boots in leather. Platform front 2 cm, heel 4.5 cm.", ("a platform of 2 cm",)),
        ("Hat in straw. Width of brim 8 cm.", ("a brim width of 8 cm",)),
        ("Jeans in denim with real back pockets.", ("back pockets",)),
        (
            "Trousers in linen with a drawstring and straight, wide legs.",
            ("a drawstring", "straight, wide legs"),
        ),
        ("Hair clip in metal with a large bow made from recycled polyester.", ("a large bow",)),
        ("Gloves in a knit with touchscreen material on the thumb, index and middle finger.", ()),
    ],
)
def test_measures_and_lists_are_whole_and_plain(described: str, details: tuple[str, ...]) -> None:
    assert facts("Other accessories", "Red", described).details == details


def test_a_size_is_what_an_article_measures() -> None:
    clip = facts("Hair clip", "Black", "Hair clip in metal. Size approx. 17x23 cm.")
    assert (clip.size, clip.details) == ("17x23 cm", ())


def test_an_article_in_different_colours_has_no_colour() -> None:
    assert facts("Bag", "White", "Washing bags in different colours with a zip.").colour == ""
    embroidered = facts("Bag", "White", "Bag in canvas with embroidery in different colours.")
    assert embroidered.colour == "white"


def test_no_index_name_is_taken_for_a_garment() -> None:
    assert facts("Hair clip", "Black", "Ladieswear - Hair clip in metal.").garment == "hair clip"


def test_several_scarves_are_spoken_of_as_several() -> None:
    scarves = facts("Scarf", "Dark Blue", "Triangular scarves in soft cotton jersey.")
    assert (scarves.plural, scarves.fabric) == (True, "soft cotton jersey")


def test_fabric_is_whole_and_without_a_purpose() -> None:
    socks = facts("Socks", "White", "Socks in fine-knit, fast-drying functional yarn.")
    assert socks.fabric == "fine-knit, fast-drying functional yarn"
    assert facts("Bag", "Beige", "Bag in braided straw for summer.").fabric == "braided straw"


def test_two_materials_of_one_part_stay_together() -> None:
    text = "Sunglasses with slim metal and plastic frames, adjustable nose pads and tinted lenses."
    assert facts("Sunglasses", "Black", text).details[:2] == (
        "slim metal and plastic frames",
        "adjustable nose pads",
    )
