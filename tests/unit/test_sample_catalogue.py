"""The sample catalogue: reproducible, in H&M's columns, and coherent row by row."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest

from config.settings import CatalogueSettings
from pipeline.catalogues import Quarantine, open_catalogue
from pipeline.sample import SAMPLE_CATALOGUE
from pipeline.sample.generator import COLUMNS, sample_csv, sample_rows

Row = dict[str, str]

ROWS: list[Row] = sample_rows()
PRODUCTS: list[Row] = list({row["product_code"]: row for row in reversed(ROWS)}.values())[::-1]

OPENINGS = {
    "Backpack": "backpack",
    "Bag": "bag|shopper|handbag",
    "Ballerinas": "ballet pumps",
    "Belt": "belt",
    "Bikini top": "bikini top",
    "Blazer": "blazer",
    "Blouse": "blouse",
    "Bodysuit": "body",
    "Boots": "boots",
    "Bra": "bra|bralette",
    "Bracelet": "bracelet",
    "Cap/peaked": "cap",
    "Cardigan": "cardigan",
    "Coat": "coat",
    "Costumes": "costume",
    "Dog Wear": "dogs?",
    "Dress": "dress",
    "Dungarees": "dungarees",
    "Earring": "earrings",
    "Flat shoe": "loafers|derby shoes|espadrilles",
    "Flip flop": "flip-flops",
    "Garment Set": "set",
    "Gloves": "gloves|mittens",
    "Hair clip": "hair clips|hair slides",
    "Hair string": "scrunchies",
    "Hair/alice band": "hairband",
    "Hat/beanie": "hat|beanie",
    "Hat/brim": "hat",
    "Heeled sandals": "sandals",
    "Hoodie": "hoodie|hooded top|hooded jacket|hooded sports top",
    "Jacket": "jacket|parka",
    "Jumpsuit/Playsuit": "jumpsuit|playsuit|all-in-one suit|romper suit",
    "Kids Underwear top": "underwear top",
    "Leggings/Tights": "leggings|tights",
    "Long John": "long johns",
    "Necklace": "necklace",
    "Night gown": "nightdress|nightslip",
    "Outdoor Waistcoat": "gilet|body warmer",
    "Outdoor overall": "suit",
    "Outdoor trousers": "trousers",
    "Polo shirt": "polo shirt",
    "Pumps": "court shoes|slingbacks",
    "Pyjama bottom": "pyjama bottoms|pyjama shorts",
    "Pyjama jumpsuit/playsuit": "all-in-one pyjamas",
    "Pyjama set": "pyjamas|pyjama set",
    "Ring": "rings",
    "Robe": "dressing gown",
    "Sandals": "sandals",
    "Sarong": "sarong|kaftan",
    "Scarf": "scarf",
    "Shirt": "shirt",
    "Shorts": "shorts",
    "Skirt": "skirt",
    "Sleeping sack": "sleep bag",
    "Slippers": "slippers",
    "Sneakers": "trainers|hi-tops|shoes",
    "Socks": "socks",
    "Sunglasses": "sunglasses",
    "Sweater": "jumper|sweatshirt",
    "Swimsuit": "swimsuit",
    "Swimwear bottom": "bikini bottoms|swim shorts",
    "Swimwear set": "bikini|swim set",
    "T-shirt": "t-shirt",
    "Tailored Waistcoat": "waistcoat",
    "Tie": "tie",
    "Top": "top",
    "Trousers": "trousers|jeans|joggers|chinos",
    "Umbrella": "umbrella",
    "Underwear Tights": "tights",
    "Underwear body": "body",
    "Underwear bottom": "briefs|boxer shorts|trunks",
    "Vest top": "vest",
    "Wallet": "wallet|card holder",
    "Watch": "watch",
    "Wedge": "wedge sandals",
}
"""Product type -> what the first phrase of its description must say."""

PATTERN_WORDS = {
    "All over pattern": "pattern|print|floral",
    "Application/3D": "bead|rhinestone|pearl|flower",
    "Argyle": "argyle",
    "Chambray": "chambray",
    "Check": "check",
    "Colour blocking": "block-coloured",
    "Denim": "denim",
    "Dot": "spotted",
    "Embroidery": "embroider|broderie",
    "Front print": "print",
    "Glittering/Metallic": "glitter|metallic",
    "Jacquard": "jacquard",
    "Lace": "lace",
    "Melange": "marled",
    "Mesh": "mesh|net",
    "Metallic": "metallic",
    "Mixed solid/pattern": "plain and",
    "Other structure": (
        "cable|waffle|textured|pointelle|ribbed|corduroy|quilted|braided|woven jute|-knit"
    ),
    "Placement print": "print",
    "Sequin": "sequin",
    "Stripe": "stripe",
    "Treatment": "tie-dyed|faded",
}
"""Pattern -> what a description with it must say."""

PATTERNED = "striped|checked|spotted|marled|argyle|denim(?! )|sequin|jacquard|broderie|floral"
"""What a description of a solid article must not say."""

KNIT = {"Sweater", "Cardigan"}
BARE = {"Bra", "Underwear bottom", "Underwear body", "Bikini top", "Swimwear bottom", "Swimsuit"}
SHOES = {
    "Sneakers",
    "Boots",
    "Sandals",
    "Heeled sandals",
    "Ballerinas",
    "Slippers",
    "Pumps",
    "Flip flop",
    "Flat shoe",
    "Wedge",
}
JEWELLERY = {"Earring", "Necklace", "Bracelet", "Ring"}
SWIM = {"Swimsuit", "Bikini top", "Swimwear bottom", "Swimwear set"}
LEGWEAR = {"Trousers", "Shorts", "Leggings/Tights", "Pyjama bottom", "Outdoor trousers"}
TOPS = {"T-shirt", "Top", "Vest top", "Blouse", "Shirt", "Polo shirt", "Hoodie", "Bodysuit"}
LAYERS = {"Jacket", "Coat", "Blazer", "Outdoor Waistcoat", "Tailored Waistcoat"}
HEADWEAR = {"Hat/beanie", "Hat/brim", "Cap/peaked"}

FORBIDDEN: list[tuple[str, set[str], str]] = [
    ("knits are not waterproof", KNIT, "waterproof|windproof|water-repellent"),
    ("knits are not mesh", KNIT, r"\bmesh\b|functional fabric"),
    ("knits have no trouser fly", KNIT, r"\bfly\b|back pocket|turn-up hems"),
    ("knits have no heel", KNIT, r"\bheels?\b|\bsoles?\b"),
    ("knits are not denim", KNIT, "denim|twill|canvas"),
    ("jumpers and tops have no legs", {"Sweater", "Cardigan"} | TOPS, r"\blegs\b|gusset"),
    ("only a body fastens at the crotch", TOPS - {"Bodysuit"}, "crotch"),
    ("tops have no insoles", TOPS, "insole|linings and"),
    ("T-shirts are not padded or lined", {"T-shirt", "Polo shirt", "Vest top"}, "padded|lined"),
    ("vest tops have no sleeves", {"Vest top"}, r"\bsleeves\b|cuffs"),
    ("T-shirts are not wool or fleece", {"T-shirt", "Polo shirt"}, "wool|fleece|faux fur|leather"),
    ("shirts and blouses are not knitted", {"Shirt", "Blouse"}, r"\bknit\b|fleece|wool"),
    ("shirts have no waistband", {"Shirt"}, "elasticated waist|zip fly"),
    ("legwear has no sleeves", LEGWEAR, "sleeve"),
    ("legwear has no collar or neckline", LEGWEAR, "collar|neckline|V-neck|hood"),
    ("legwear has no cups or straps", LEGWEAR, "cups|shoulder strap|lapel"),
    ("trousers are not shoes", LEGWEAR, "insole|heels"),
    ("jeans are not linen or wool", {"Trousers"}, "jeans in .*(linen|wool|fleece)"),
    ("skirts have no sleeves, legs or collar", {"Skirt"}, r"sleeve|\blegs\b|collar|neckline|cups"),
    ("skirts are not functional wear", {"Skirt"}, "functional fabric|fleece|hood"),
    ("shorts do not reach the ankle", {"Shorts"}, "ankle|full-length"),
    ("dresses have no fly or lapels", {"Dress"}, r"\bfly\b|lapels|cups|insole"),
    ("dresses are not outdoor wear", {"Dress"}, "waterproof|fleece|padded|wind flap"),
    ("swimwear is not wool, fleece or denim", SWIM, "wool|fleece|denim|pile|corduroy|leather"),
    ("swimwear is not knitted or woven cotton", SWIM, r"\bknit\b|cotton|linen|velvet|satin"),
    ("swimwear has no buttons or lapels", SWIM, "button|lapel|hood"),
    ("bikinis have no sleeves or collar", {"Bikini top", "Swimwear bottom"}, "sleeve|collar"),
    ("bottoms have no cups or straps", {"Swimwear bottom", "Underwear bottom"}, "cups|strap"),
    ("underwear has no hood, cuffs or collar", BARE, "hood|cuffs|collar"),
    ("underwear is not lined in fleece", BARE, "fleece|pile|padded jacket|waterproof"),
    ("bras have no legs, sleeves or waist", {"Bra"}, r"\blegs\b|sleeve|elasticated waist"),
    ("socks have no collar, sleeves or waist", {"Socks"}, "collar|sleeve|waist|neckline|pocket"),
    ("socks are not leather or linen", {"Socks"}, "leather|linen|satin|denim|velvet"),
    ("tights have no pockets unless for sport", {"Underwear Tights"}, "pocket|sleeve|collar|cuffs"),
    ("nightwear is not outdoor wear", {"Pyjama set", "Night gown"}, "waterproof|lapel|wind flap"),
    ("nightdresses have no legs", {"Night gown"}, r"\blegs\b|\bfly\b|wool"),
    ("shoes have no sleeves, waist or neckline", SHOES, r"sleeve|waist|neckline|cuffs|collar"),
    ("shoes are not jersey or linen", SHOES, r"jersey|linen shirt|chiffon|denim|\blace\b(?! up)"),
    ("flat shoes have no high heels", {"Ballerinas", "Slippers", "Flip flop"}, r"heel \d"),
    ("loafers and trainers are low", {"Flat shoe", "Sneakers"}, r"heel ([4-9]|1\d)"),
    ("sandals are not warm-lined", {"Sandals", "Heeled sandals", "Wedge"}, "pile|fleece|faux fur"),
    ("flip-flops are not leather", {"Flip flop"}, "leather|suede|satin|lacing"),
    ("jewellery is not woven", JEWELLERY, "cotton|jersey|knit|linen|wool|satin"),
    ("jewellery has no pockets or sleeves", JEWELLERY, "pocket|sleeve|lined|zip|button"),
    ("coats and jackets have no legs", LAYERS, r"\blegs\b|gusset|cups|insole"),
    ("coats are not jersey or linen", {"Coat"}, "jersey|linen|chiffon|lace"),
    ("blazers have no hood", {"Blazer", "Tailored Waistcoat"}, "hood|drawstring|waterproof"),
    ("gilets have no sleeves", {"Outdoor Waistcoat", "Tailored Waistcoat"}, r"sleeves|cuffs"),
    ("overalls are warm or waterproof", {"Outdoor overall"}, "linen|chiffon|satin|lace|denim"),
    ("rings and ties are not padded", {"Ring", "Tie", "Belt"}, "padded|sleeve|waterproof"),
    ("ties are not denim or fleece", {"Tie"}, "denim|fleece|leather|jersey"),
    ("belts have no lining", {"Belt"}, "lined|lining|zip|knit"),
    (
        "bags have no sleeves or waist",
        {"Bag", "Backpack", "Wallet"},
        r"sleeve|\bwaist\b|cuffs|hood",
    ),
    ("glasses are not fabric", {"Sunglasses", "Watch"}, "cotton|jersey|wool|satin"),
    ("scarves have no pockets or buttons", {"Scarf"}, "pocket|button|zip|sleeve"),
    ("headwear has no sleeves or pockets", HEADWEAR, "sleeve|pocket|waist|cuffs"),
    ("beanies have no brim or peak", {"Hat/beanie"}, "brim|peak|straw"),
    ("straw hats are not lined in fleece", {"Hat/brim"}, "fleece|pile|pompom"),
    ("gloves have no collar or sleeves", {"Gloves"}, "collar|sleeve|neckline|pocket"),
    ("umbrellas are not knitted", {"Umbrella"}, "knit|wool|jersey|cotton"),
    ("dungarees have no lapels or cups", {"Dungarees"}, "lapel|cups|waterproof|wool"),
    ("hoodies have no lapels or fly", {"Hoodie"}, r"lapel|\bfly\b|linen|wool"),
    ("polo shirts have a collar, not a hood", {"Polo shirt"}, "hood|V-neck|straps"),
]
"""(what is true of these product types, the types, what their descriptions must never say)."""

REQUIRED: list[tuple[str, set[str], str]] = [
    ("rain and shell jackets keep water out", {"Outdoor trousers"}, "waterproof"),
    ("hoodies have a hood", {"Hoodie"}, "hood"),
    ("polo shirts have a collar", {"Polo shirt"}, "collar"),
    ("blazers name their front", {"Blazer"}, "lapels|collarless"),
    ("dungarees have straps", {"Dungarees"}, "shoulder straps"),
    ("heels are measured", {"Heeled sandals", "Pumps", "Wedge"}, r"\d cm"),
    ("bags are carried", {"Bag", "Backpack"}, "strap|handle|chain"),
    ("sunglasses protect", {"Sunglasses"}, "UV-protective|polarised"),
    ("wool coats and other coats are made of something", {"Coat"}, "wool|cotton|weave|nylon|woven"),
]
"""(what is true of these product types, the types, what their descriptions must say)."""

WOMEN = {"Ladieswear", "Divided", "Ladies Accessories", "Lingeries/Tights"}
ONLY_FOR = {
    "Bra": WOMEN | {"Sport"},
    "Underwear body": WOMEN,
    "Bikini top": WOMEN,
    "Bodysuit": WOMEN,
    "Sarong": WOMEN,
    "Heeled sandals": WOMEN,
    "Pumps": WOMEN,
    "Wedge": WOMEN,
    "Hair clip": WOMEN | {"Children Accessories, Swimwear"},
    "Blouse": WOMEN | {"Baby Sizes 50-98", "Children Sizes 92-140", "Children Sizes 134-170"},
    "Tie": {"Menswear", "Children Accessories, Swimwear"},
    "Tailored Waistcoat": {"Menswear", "Children Sizes 92-140"},
    "Outdoor overall": {"Baby Sizes 50-98", "Children Sizes 92-140"},
    "Pyjama jumpsuit/playsuit": {"Baby Sizes 50-98", "Children Sizes 92-140"},
    "Kids Underwear top": {"Children Sizes 92-140", "Children Sizes 134-170"},
    "Costumes": {"Children Accessories, Swimwear"},
    "Garment Set": {"Baby Sizes 50-98", "Children Sizes 92-140"},
}
"""Product type -> the only indexes that sell it."""

NOT_FOR_CHILDREN = (
    r"push-up|underwired|plunging|deep neckline|deep V-neck|cleavage|low-cut|bodycon|thong|"
    r"fishnet|lingerie|cutaway|stiletto|slim heels|open back(?! pocket)|spaghetti"
)
NOT_FOR_BABIES = (
    r"drawstring hood|heels? \d|wallet|zip fly|with lacing at the front|rhinestone|\bbead"
)
NOT_FOR_MEN = (
    r"\bcups\b|puff sleeves|balloon sleeves|cap sleeves|flounce|frill|gusset|rhinestone|pussy|"
    r"spaghetti|racer back bra|scallop|broderie"
)
BRITISH = r"color\b|colored|gray\b|jewelry|pajama|molded|sweater\b|pants\b|sneakers|center\b|fiber"
COLOUR_WORDS = (
    r"\b(black|white|beige|grey|pink|purple|turquoise|khaki|navy|brown|red|yellow|orange|green|"
    r"blue|gold|silver)\b"
)


def _says(row: Row, pattern: str) -> bool:
    return re.search(pattern, row["detail_desc"], re.IGNORECASE) is not None


def _of(types: set[str]) -> list[Row]:
    return [row for row in PRODUCTS if row["product_type_name"] in types]


def _is_child(row: Row) -> bool:
    return row["index_group_name"] == "Baby/Children" or row["section_name"] == "Kids Sports"


def _is_man(row: Row) -> bool:
    return row["index_name"] == "Menswear" or row["section_name"] == "Men H&M Sport"


def test_the_file_is_what_the_generator_makes() -> None:
    assert SAMPLE_CATALOGUE.read_bytes() == sample_csv()


def test_the_columns_are_hms_in_their_order() -> None:
    with SAMPLE_CATALOGUE.open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream))
    assert tuple(header) == COLUMNS
    assert len(header) == 25


def test_every_row_becomes_an_article() -> None:
    quarantine = Quarantine()
    articles = list(open_catalogue(CatalogueSettings()).articles(quarantine))
    assert [article.id for article in articles] == [row["article_id"] for row in ROWS]
    assert quarantine.count == 0
    assert all(article.description and article.colour_family for article in articles)


def test_every_cell_is_filled_and_tidy() -> None:
    assert all(value and value == " ".join(value.split()) for r in ROWS for value in r.values())


def test_there_are_enough_articles_of_enough_types() -> None:
    types = Counter(row["product_type_name"] for row in ROWS)
    assert len(ROWS) >= 2400
    assert len(types) >= 60
    assert min(types.values()) >= 4


def test_ids_are_unique_and_cannot_be_hms() -> None:
    ids = [row["article_id"] for row in ROWS]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"9\d{9}", article_id) for article_id in ids)
    assert all(row["article_id"].startswith(row["product_code"]) for row in ROWS)


def test_colour_variants_share_everything_but_their_colour() -> None:
    own = {column for column in COLUMNS if "colour" in column} | {"article_id"}
    variants: dict[str, list[Row]] = defaultdict(list)
    for row in ROWS:
        variants[row["product_code"]].append(row)
    for rows in variants.values():
        assert len({tuple(row[c] for c in COLUMNS if c not in own) for row in rows}) == 1
        assert len({row["colour_group_name"] for row in rows}) == len(rows) <= 4
    share = sum(len(rows) > 1 for rows in variants.values()) / len(variants)
    assert 0.30 <= share <= 0.40


def test_no_two_products_share_a_description_or_a_name() -> None:
    for column in ("detail_desc", "prod_name"):
        counts = Counter(row[column].casefold() for row in PRODUCTS)
        assert [value for value, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("product_type_no", "product_type_name"),
        ("graphical_appearance_no", "graphical_appearance_name"),
        ("colour_group_code", "colour_group_name"),
        ("perceived_colour_value_id", "perceived_colour_value_name"),
        ("perceived_colour_master_id", "perceived_colour_master_name"),
        ("index_code", "index_name"),
        ("index_group_no", "index_group_name"),
        ("section_no", "section_name"),
        ("garment_group_no", "garment_group_name"),
    ],
)
def test_a_number_always_means_the_same_name(number: str, name: str) -> None:
    pairs = {(row[number], row[name]) for row in ROWS}
    assert len(pairs) == len({n for n, _ in pairs}) == len({n for _, n in pairs})


@pytest.mark.parametrize(
    ("fine", "coarse"),
    [
        ("colour_group_name", "perceived_colour_master_name"),
        ("colour_group_name", "perceived_colour_value_name"),
        ("product_type_name", "product_group_name"),
        ("index_name", "index_group_name"),
        ("department_no", "department_name"),
    ],
)
def test_a_fine_value_always_has_the_same_coarse_one(fine: str, coarse: str) -> None:
    assert len({(row[fine], row[coarse]) for row in ROWS}) == len({row[fine] for row in ROWS})


@pytest.mark.parametrize(
    ("light", "master"),
    [("Light Yellow", "Yellow"), ("Dark Blue", "Blue"), ("Off White", "White"), ("Gold", "Metal")],
)
def test_fine_colours_belong_to_the_coarse_colour_they_name(light: str, master: str) -> None:
    found = {r["perceived_colour_master_name"] for r in ROWS if r["colour_group_name"] == light}
    assert found == {master}


@pytest.mark.parametrize("product_type", sorted({row["product_type_name"] for row in ROWS}))
def test_the_first_phrase_names_the_garment(product_type: str) -> None:
    ends = r" in | with | decorated | trimmed |\."
    openings = {re.split(ends, row["detail_desc"])[0].lower() for row in _of({product_type})}
    noun = re.compile(rf"\b({OPENINGS[product_type]})\b")
    assert [opening for opening in openings if not noun.search(opening)] == []


@pytest.mark.parametrize("pattern", sorted({row["graphical_appearance_name"] for row in ROWS}))
def test_the_description_says_the_pattern(pattern: str) -> None:
    rows = [row for row in PRODUCTS if row["graphical_appearance_name"] == pattern]
    if pattern == "Solid":
        assert [row["detail_desc"] for row in rows if _says(row, PATTERNED)] == []
    else:
        words = PATTERN_WORDS[pattern]
        assert [row["detail_desc"] for row in rows if not _says(row, words)] == []


def test_denim_trousers_are_in_the_denim_department() -> None:
    jeans = [row for row in _of({"Trousers"}) if _says(row, "denim")]
    assert len(jeans) > 40
    assert {(r["graphical_appearance_name"], r["garment_group_name"]) for r in jeans} == {
        ("Denim", "Trousers Denim")
    }


@pytest.mark.parametrize(("rule", "types", "words"), FORBIDDEN, ids=[r[0] for r in FORBIDDEN])
def test_no_description_says_what_cannot_be(rule: str, types: set[str], words: str) -> None:
    rows = _of(types)
    assert rows
    assert [row["detail_desc"] for row in rows if _says(row, words)] == []


@pytest.mark.parametrize(("rule", "types", "words"), REQUIRED, ids=[r[0] for r in REQUIRED])
def test_every_description_says_what_must_be(rule: str, types: set[str], words: str) -> None:
    rows = _of(types)
    assert rows
    assert [row["detail_desc"] for row in rows if not _says(row, words)] == []


@pytest.mark.parametrize("product_type", sorted(ONLY_FOR))
def test_a_garment_is_only_sold_to_those_who_wear_it(product_type: str) -> None:
    indexes = {row["index_name"] for row in _of({product_type})}
    assert indexes
    assert indexes <= ONLY_FOR[product_type]


@pytest.mark.parametrize(
    ("whom", "chosen", "words"),
    [
        ("children", _is_child, NOT_FOR_CHILDREN),
        ("babies", lambda row: row["index_name"] == "Baby Sizes 50-98", NOT_FOR_BABIES),
        ("men", _is_man, NOT_FOR_MEN),
    ],
    ids=["children", "babies", "men"],
)
def test_garments_suit_their_wearer(whom: str, chosen: Callable[[Row], bool], words: str) -> None:
    rows = [row for row in PRODUCTS if chosen(row)]
    assert len(rows) > 100, whom
    assert [row["detail_desc"] for row in rows if _says(row, words)] == []


def test_girls_and_boys_can_be_told_apart() -> None:
    words = [row["department_name"] + " " + row["section_name"] for row in ROWS if _is_child(row)]
    girls = [word for word in words if "Girl" in word]
    boys = [word for word in words if "Boy" in word or "boy" in word]
    assert len(girls) > 250
    assert len(boys) > 250
    assert not set(girls) & set(boys)


NAME_MEANS = {
    "baby": "",
    "ballerinas": "ballet pumps",
    "basic": "",
    "belted": "belt",
    "boxers": "boxer",
    "boyfriend": "relaxed|loose",
    "buttoned": "button",
    "camisole": "strap",
    "cord": "corduroy",
    "embroidered": "embroider|broderie",
    "frilled": "frill",
    "headband": "hairband",
    "hooded": "hood",
    "knitted": "knit",
    "little": "",
    "mom": "relaxed|loose",
    "overall": "all-in-one",
    "party": "part(y|ies)",
    "printed": "print|pattern|floral",
    "robe": "dressing gown",
    "roll": "polo",
    "rucksack": "backpack",
    "sequined": "sequin",
    "set": "set|pyjamas",
    "sleeved": "sleeve",
    "slipover": "vest",
    "snood": "tube scarf",
    "strappy": "strap|ties",
    "suit": "suit|all-in-one",
    "sweater": "knit",
    "sweatpants": "joggers",
    "sweatshorts": "shorts",
    "tank": "vest",
    "tee": "t-shirt",
    "tiered": "tier",
    "waisted": "waist",
    "wristwatch": "watch",
}
"""Word of a name -> what the description may say instead."""


def test_a_name_promises_nothing_that_the_description_does_not_keep() -> None:
    broken = []
    for row in PRODUCTS:
        described = row["detail_desc"].lower().replace("-", " ")
        for word in re.findall(r"[\w']+", row["prod_name"].lower().replace("t-shirt", "tshirt"))[
            1:
        ]:
            kept = NAME_MEANS.get(word, re.escape(word.rstrip("s"))).replace("-", " ")
            if not re.search(kept, described.replace("t shirt", "tshirt t shirt")):
                broken.append((word, row["prod_name"], row["detail_desc"]))
    assert broken == []


def test_descriptions_are_written_in_good_british_english() -> None:
    for row in PRODUCTS:
        text = row["detail_desc"]
        assert 12 <= len(text.split()) <= 45, text
        assert re.match(r"[A-Z0-9]", text), text
        assert text.endswith("."), text
        assert not re.search(r"\s[,.]|,,|\.\.|[<>{}|]", text), text
        assert not re.search(r"\.\s+[a-z]", text), text
        assert not re.search(r"\b[Aa] [aeio]\w|\b[Aa]n [bcdfgjklmnpqrstvwxyz]", text), text
        assert not re.search(r"\b(\w+) \1\b", text, re.IGNORECASE), text
        assert not re.search(BRITISH, text, re.IGNORECASE), text


def test_descriptions_leave_the_colour_to_its_column() -> None:
    assert [row["detail_desc"] for row in PRODUCTS if _says(row, COLOUR_WORDS)] == []


@pytest.mark.parametrize(
    ("types", "words", "columns", "at_least"),
    [
        ({"Sweater"}, "", {"colour_group_name": "Black"}, 50),
        ({"Sweater"}, "sequin", {"colour_group_name": "Black"}, 10),
        ({"Sweater"}, "rhinestone", {"colour_group_name": "Black"}, 8),
        ({"Sweater"}, "glitter", {"colour_group_name": "Black"}, 8),
        ({"Sweater"}, r"\bbeads|pearls", {"colour_group_name": "Black"}, 6),
        ({"T-shirt"}, "print.*back|back.*print", {"colour_group_name": "White"}, 20),
        ({"Jacket"}, "waterproof", {"index_group_name": "Ladieswear"}, 8),
        ({"Jacket"}, "waterproof", {"index_group_name": "Menswear"}, 8),
        ({"Jacket"}, "waterproof", {"index_group_name": "Baby/Children"}, 20),
        ({"Trousers"}, "skinny.*denim|denim.*skinny", {"index_name": "Ladieswear"}, 15),
        ({"Dress"}, "", {"colour_group_name": "Light Yellow"}, 20),
        ({"Skirt"}, "summer", {"colour_group_name": "Light Yellow"}, 10),
        ({"Trousers"}, "fast-drying", {"index_name": "Sport"}, 25),
        ({"Trousers"}, "breathable", {"index_name": "Sport"}, 10),
        ({"Coat"}, "wool", {}, 30),
        ({"Shirt"}, "linen", {"index_name": "Menswear"}, 10),
        ({"Shirt"}, "linen", {"index_group_name": "Ladieswear"}, 10),
        ({"Hoodie", "Jacket", "Shirt", "Cardigan"}, "hood", {}, 100),
        ({"Trousers", "Skirt", "Shorts"}, "high waist|high-waisted", {}, 60),
    ],
)
def test_what_shoppers_ask_for_most_is_there(
    types: set[str], words: str, columns: Row, at_least: int
) -> None:
    found = [
        row
        for row in ROWS
        if row["product_type_name"] in types
        and columns.items() <= row.items()
        and _says(row, words)
    ]
    assert len(found) >= at_least
